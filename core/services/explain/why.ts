/** Why is it not running? Reads what a pass would look at, a bounded part of it, and says what holds a task or a job back. Changes nothing. */
import { fromItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { JobNode } from "../../domain/job-node.ts";
import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { WaitingJob } from "../../domain/ready.ts";
import { shownState, type Task } from "../../domain/task.ts";
import { explainIdleJob, explainTask, type JobSnapshot } from "../../scheduling/explain.ts";
import { unpreparedNodes } from "../../scheduling/explain-preparation.ts";
import type { Reason } from "../../scheduling/reason.ts";
import type { Context } from "../context.ts";
import { readCounts } from "../jobs/counts.ts";
import { getJob } from "../jobs/read-jobs.ts";
import { getTask, listTasks } from "../tasks/read-tasks.ts";
import { findBlockers } from "./find-blockers.ts";

const MOST_NODES = 1_000;
const MOST_JOBS_AHEAD = 100;
const MOST_TASKS = 100;

export interface Why {
  readonly jobId: string;
  readonly taskId?: string;
  readonly state: string;
  readonly reasons: readonly Reason[];
  /** Of a job: the first of its tasks that waits, and why. */
  readonly example?: Why;
}

/** Refuses JobNotFound and TaskNotFound. */
export async function whyTask(ctx: Context, jobId: string, taskId: string): Promise<Why> {
  const task = await getTask(ctx, jobId, taskId);
  return explain(ctx, await snapshotOf(ctx, await getJob(ctx, jobId)), task);
}

/** Refuses JobNotFound. */
export async function whyJob(ctx: Context, jobId: string): Promise<Why> {
  const job = await getJob(ctx, jobId);
  const snapshot = await snapshotOf(ctx, job);
  const why = { jobId: job.id, state: job.state, reasons: explainIdleJob(snapshot) };
  if (snapshot.active === 0) return why;
  const { items } = await listTasks(ctx, jobId, { limit: MOST_TASKS });
  const waiting = items.find((task) => task.state === "active");
  return waiting ? { ...why, example: await explain(ctx, snapshot, waiting) } : why;
}

async function explain(ctx: Context, snapshot: JobSnapshot, task: Task): Promise<Why> {
  const ref = { jobId: task.jobId, uid: task.uid };
  const reasons = explainTask({ ...snapshot, task, ...(await findBlockers(ctx, ref, task)) });
  return { jobId: task.jobId, taskId: task.id, state: shownState(task), reasons };
}

async function snapshotOf(ctx: Context, job: Job): Promise<JobSnapshot> {
  const poolId = poolOf(job);
  const { jobManagerTask, jobPreparationTask } = job.spec;
  const [pool, nodes, offers, { counts }, ahead, manager, jobNodes] = await Promise.all([
    ctx.store.get(ctx.keys.pool(poolId)),
    ctx.store.query({ ...ctx.keys.nodes(poolId), limit: MOST_NODES }),
    ctx.store.query({ pk: ctx.keys.offers(poolId), limit: MOST_NODES }),
    readCounts(ctx, { jobId: job.id, uid: job.uid }),
    waitingAhead(ctx, job),
    jobManagerTask && ctx.store.get(ctx.keys.task({ jobId: job.id, uid: job.uid, taskId: jobManagerTask.id })),
    jobPreparationTask && ctx.store.query({ ...ctx.keys.jobNodes({ jobId: job.id, uid: job.uid }), limit: MOST_NODES }),
  ]);
  const seen = {
    job,
    nodes: nodes.items.map((item) => fromItem<Node>(item)),
    prepared: jobNodes?.items.map((item) => fromItem<JobNode>(item)) ?? [],
  };
  const unprepared = unpreparedNodes(seen);
  return {
    ...seen,
    now: ctx.clock.now(),
    pool: pool && fromItem<Pool>(pool),
    room: Math.max(0, ...offers.items.filter(({ sk }) => !unprepared.has(sk)).map(({ free }) => Number(free))),
    active: counts.tasks.active,
    running: counts.tasks.running,
    ahead,
    ...(manager ? { manager: fromItem<Task>(manager) } : {}),
  };
}

/** Waiting tasks of the first 100 jobs that go before this one. */
async function waitingAhead(ctx: Context, job: Job): Promise<number> {
  const page = await ctx.store.query({ pk: ctx.keys.waiting(poolOf(job)), limit: MOST_JOBS_AHEAD });
  const before = page.items.map((item) => fromItem<WaitingJob>(item)).filter(({ priority }) => priority > job.spec.priority);
  const counts = await Promise.all(before.map((other) => readCounts(ctx, other)));
  return counts.reduce((sum, { counts: { tasks } }) => sum + tasks.active, 0);
}
