import type { JobSpec, TaskSpec } from "../../core/domain/specs.ts";
import type { NodeEnvelope, NodeEvent } from "../../core/protocol/messages.ts";
import { addJob } from "../../core/services/jobs/add-job.ts";
import { readCounts } from "../../core/services/jobs/counts.ts";
import { getJob } from "../../core/services/jobs/read-jobs.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { recordReports } from "../../core/services/reports/record-reports.ts";
import { addTasks } from "../../core/services/tasks/add-tasks.ts";
import type { TestNode } from "./test-node.ts";
import { jobSpec, poolSpec, type TestWorld, taskSpecs } from "./world.ts";

export interface Load {
  readonly tasks: number;
  readonly nodes: number;
  readonly slotsPerNode: number;
  /** How long each task takes. */
  readonly taskMs: number;
  /** How often what the nodes report is recorded, all of it together. */
  readonly everyMs: number;
}

const JOB = "job-of-many";
/** As large as the numbers of short tasks may be. */
const USAGE = { userMs: 12_340, kernelMs: 1_230, readBytes: 123_456_789, writeBytes: 987_654_321 };
const HEARTBEAT_MS = 5_000;

/** A pool of idle nodes and a job without tasks; what this costs is not the tasks'. */
export async function idlePool(world: TestWorld, { nodes, slotsPerNode }: Load, job: Partial<JobSpec> = {}): Promise<void> {
  await addPool(world.context, poolSpec("pool", nodes, { taskSlotsPerNode: slotsPerNode }));
  await addJob(world.context, jobSpec(JOB, "pool", job));
  await world.settle();
  if (world.nodes.size !== nodes) throw new Error(`${world.nodes.size} nodes came, not ${nodes}`);
}

/** The whole life of plain tasks, added in hundreds and run by nodes that ask ahead for short ones, until each is completed. */
export async function runTasks(world: TestWorld, load: Load): Promise<void> {
  const commandLine = '/bin/sh -c "./step --input $AZ_BATCH_TASK_ID --output result.txt"';
  await runSpecs(world, load, taskSpecs(load.tasks, { commandLine }));
}

/** The same for tasks of any kind. */
export async function runSpecs(world: TestWorld, load: Load, specs: readonly TaskSpec[]): Promise<void> {
  const perRound = load.slotsPerNode * Math.max(1, Math.floor(load.everyMs / load.taskMs));
  // An agent asks for one second of work ahead of its slots, where tasks take less than half of that.
  const ahead = Math.max(0, Math.floor(1000 / load.taskMs) - 1);
  for (const node of world.nodes.values()) node.slots = load.slotsPerNode * (1 + ahead);
  for (let i = 0; i < specs.length; i += 100) {
    await addTasks(world.context, JOB, specs.slice(i, i + 100));
    await world.settle();
  }
  for (let rounds = 0; rounds <= load.tasks; rounds++) {
    await world.clock.advance(load.everyMs);
    const beats = Math.floor((rounds * load.everyMs) / HEARTBEAT_MS) > Math.floor(((rounds - 1) * load.everyMs) / HEARTBEAT_MS);
    const envelopes = [...world.nodes.values()].flatMap((node) =>
      endSome(world, node, { count: perRound, taskMs: load.taskMs, seq: rounds, beats }),
    );
    if (envelopes.length === 0) break;
    await recordReports(world.context, envelopes);
    await world.settle();
  }
  const job = await getJob(world.context, JOB);
  const { counts } = await readCounts(world.context, { jobId: job.id, uid: job.uid });
  if (counts.tasks.succeeded !== load.tasks) throw new Error(`${counts.tasks.succeeded} of ${load.tasks} tasks are done`);
}

/** A report that some of what a node runs has ended well, each after `taskMs`; none where it runs nothing. */
export function endSome(
  world: TestWorld,
  node: TestNode,
  { count, taskMs = 0, seq, beats }: { count: number; taskMs?: number; seq: number; beats: boolean },
): NodeEnvelope[] {
  const ended = [...node.running].slice(0, count);
  if (ended.length === 0) return [];
  const at = world.iso();
  const events: NodeEvent[] = ended.map(([taskId, { order }]) => {
    node.running.delete(taskId);
    const end = { startTime: new Date(world.clock.now() - taskMs).toISOString(), endTime: at, exitCode: 0, usage: USAGE };
    return { kind: "task-finished", task: order.task, attempt: order.attempt, end };
  });
  const held = new Set(node.held());
  const over = new Set(ended.map(([, { lease }]) => lease).filter((lease) => !held.has(lease)));
  for (const lease of over) events.push({ kind: "lease-done", lease });
  const facts = { running: node.running.size, slots: node.running.size, run: 0, succeeded: 0, recent: [] };
  if (beats) events.push({ kind: "heartbeat", at, held: [...held], facts, draining: false });
  const { machineId, dedicated } = node.machine;
  return [{ machineId, dedicated, poolId: node.poolId, report: { boot: 1, seq: 1_000 + seq, events, load: node.load() } }];
}
