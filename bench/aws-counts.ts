import { lifeCost } from "../test/support/aws-life/life-cost.ts";

const SIZES = [1_000, 10_000, 100_000];
const TASKS_MS = [100, 1_000];
const POLLERS = [5, 1];

/** What a plain task costs on AWS, on a simulated clock with everything counted: the same figures on any machine. */
export async function awsCounts(say: (line: string) => void): Promise<void> {
  for (const taskMs of TASKS_MS) {
    for (const pollers of POLLERS) {
      for (const tasks of SIZES) {
        const cost = await lifeCost({ tasks, nodes: 8, slotsPerNode: 4, taskMs, pollers });
        const [writes, reads, sqs] = [cost.writeUnits, cost.readUnits, cost.sqsRequests].map((count) => count.toFixed(2));
        const calls = `${sqs} requests to SQS, ${cost.invocations.toFixed(3)} calls of functions`;
        say(
          `${tasks} tasks of ${taskMs} ms, ${pollers} pollers: ${writes} write and ${reads} read units, ${calls}; ${Math.round(cost.rate)} tasks/s`,
        );
      }
    }
  }
}
