import type { LifeOf } from "../test/support/aws-life/aws-life.ts";
import { lifeCost } from "../test/support/aws-life/life-cost.ts";

const short = { nodes: 8, slotsPerNode: 4, taskMs: 100, pollers: 5 };
const LOADS: readonly LifeOf[] = [
  { ...short, tasks: 1_000 },
  { ...short, tasks: 10_000 },
  { ...short, tasks: 100_000 },
  { ...short, tasks: 10_000, pollers: 1 },
  { ...short, tasks: 1_000, taskMs: 1_000 },
  { ...short, tasks: 10_000, taskMs: 1_000 },
];

/** What a plain task costs on AWS, on a simulated clock with everything counted: the same figures on any machine. */
export async function awsCounts(say: (line: string) => void): Promise<void> {
  for (const load of LOADS) {
    const cost = await lifeCost(load);
    const [writes, reads, sqs] = [cost.writeUnits, cost.readUnits, cost.sqsRequests].map((count) => count.toFixed(2));
    const counts = `${writes} write and ${reads} read units, ${sqs} requests to SQS, ${cost.invocations.toFixed(3)} calls of functions`;
    say(`${load.tasks} tasks of ${load.taskMs} ms, pollers of a queue ${load.pollers}: ${counts}; ${Math.round(cost.rate)} tasks/s`);
  }
}
