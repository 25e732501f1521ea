import { fromItem } from "../../../core/domain/items.ts";
import type { Node } from "../../../core/domain/node.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { readCounts } from "../../../core/services/jobs/counts.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { jobSpec, poolSpec, taskSpecs } from "../world.ts";
import { AwsLife, type LifeOf } from "./aws-life.ts";

/** What one task costs, or one node in an hour. */
export interface Cost {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly sqsRequests: number;
  readonly invocations: number;
  /** All of it by its kinds. */
  readonly detail: string;
}

export interface TaskCost extends Cost {
  /** Tasks that ended in a second. */
  readonly rate: number;
  /** Commands run for a task. */
  readonly runs: number;
}

const JOB = "job-of-many";
const COMMAND = '/bin/sh -c "./step --input $AZ_BATCH_TASK_ID --output result.txt"';
const HOUR = 3_600_000;
/** So many of the first minutes of idleness still tell of what was before. */
const SETTLES_MS = 600_000;

/**
 * What a plain task costs in its whole life: added in hundreds by one client to a pool of idle nodes, run, recorded, its lease closed. What the nodes and the service do
 * meanwhile in any case (long polls, heartbeats, timers) is the tasks' too.
 */
export async function lifeCost(load: LifeOf): Promise<TaskCost> {
  const { life, uid } = await idlePool(load);
  const { context, state, loop } = life;
  const began = loop.now();
  const specs = taskSpecs(load.tasks, { commandLine: COMMAND });
  life.start(async () => {
    for (let i = 0; i < specs.length; i += 100) await life.call(() => addTasks(context, JOB, specs.slice(i, i + 100)));
  });
  await life.until("all tasks done", async () => {
    const { counts } = await readCounts({ ...context, store: state }, { jobId: JOB, uid });
    return counts.tasks.succeeded === load.tasks && life.quiet;
  });
  return { ...costOf(life, load.tasks), rate: (load.tasks / (loop.now() - began)) * 1000, runs: life.runs / load.tasks };
}

/** What a node costs in an hour in which there is nothing to do. */
export async function idleHourCost(nodes: number): Promise<Cost> {
  const { life } = await idlePool({ tasks: 0, nodes, slotsPerNode: 4, taskMs: 0, pollers: 5 });
  await life.pass(SETTLES_MS);
  life.reset();
  await life.pass(HOUR);
  return costOf(life, nodes);
}

/** A pool whose nodes are all idle, and a job without tasks; counted from here. */
async function idlePool(load: LifeOf): Promise<{ life: AwsLife; uid: string }> {
  const life = new AwsLife(load);
  const { context, state } = life;
  let uid = "";
  life.start(async () => {
    await addPool(context, poolSpec("pool", load.nodes, { taskSlotsPerNode: load.slotsPerNode }));
    uid = (await addJob(context, jobSpec(JOB, "pool"))).uid;
  });
  await life.until("idle nodes", async () => {
    const { items } = await state.query({ ...context.keys.nodes("pool"), limit: 1000 });
    return uid !== "" && life.quiet && items.length === load.nodes && items.every((item) => fromItem<Node>(item).state === "idle");
  });
  life.reset();
  return { life, uid };
}

function costOf(life: AwsLife, share: number): Cost {
  const { writeUnits, readUnits } = life.meter.total();
  return {
    writeUnits: writeUnits / share,
    readUnits: readUnits / share,
    sqsRequests: life.sqs.total / share,
    invocations: life.invocations / share,
    detail: life.detail(share),
  };
}
