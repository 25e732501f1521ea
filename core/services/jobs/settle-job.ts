/**
 * Jobs between two states. Disabling and terminating end when nothing of the job runs any more; deleting goes on to take everything away;
 * a job that is to end with its last task ends. Runs inside the pass of the job's pool, so no task starts meanwhile.
 */
import { fromItem } from "../../domain/items.ts";
import { type Job, moved, poolOf } from "../../domain/job.ts";
import type { Lease } from "../../domain/ready.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import { writeAll } from "../batches.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { allItems, everyPage } from "../listing.ts";
import { releaseNodes } from "../preparations/release-nodes.ts";
import { ringLater } from "../ring.ts";
import { taskUpdate } from "../tasks/change-task.ts";
import { readTasks } from "../tasks/leased-tasks.ts";
import { dropReady } from "../tasks/ready-list.ts";
import { stopOnNode } from "../tasks/stop-on-node.ts";
import { currentJob } from "./current-job.ts";
import { endJob, ringFor } from "./end-job.ts";
import { tellJobOver } from "./job-over.ts";

const LOOK_AGAIN_S = 2;
const MOST_DROPPED = 2_000;

/** Takes the job as far as it can go now; what must wait is looked at again later. */
export async function settleJob(ctx: Context, poolId: string, ref: JobRef): Promise<void> {
  const job = await currentJob(ctx, ref);
  if (!job) return;
  if (poolOf(job).toLowerCase() !== poolId.toLowerCase()) return ringFor(ctx, job);
  if (job.state === "active" && job.spec.onAllTasksComplete === "terminatejob" && (await isComplete(ctx, ref))) {
    return endJob(ctx, ref, "AllTasksComplete");
  }
  if (job.state === "deleting") return (await isReleased(ctx, job, poolId)) ? startPurge(ctx, job, poolId) : undefined;
  // It was settled before, and perhaps not all that follows was done.
  if (job.state === "completed") return tellJobOver(ctx, job);
  if (job.state !== "disabling" && job.state !== "terminating") return;
  const how = job.state === "terminating" ? "terminate" : (job.disableTasks ?? "wait");
  const running = await runningTasks(ctx, job, poolId);
  const over = running.length === 0;
  // What waits in a job that has ended waits for ever: nobody needs its entries.
  if (over && job.state === "disabling") return settled(ctx, job);
  if (over && (await dropReady(ctx, ref, MOST_DROPPED))) {
    if (await isReleased(ctx, job, poolId, running)) await settled(ctx, job);
    return;
  }
  if (!over && how !== "wait") await stopAll(ctx, running, how);
  await ringLater(ctx, LOOK_AGAIN_S, { pool: { poolId }, settle: [ref] });
}

/** Rings for those of the jobs, just found without a task to run, that are to end then. */
export async function settleIfComplete(ctx: Context, quiet: readonly JobRef[]): Promise<void> {
  for (const ref of quiet) {
    const job = await currentJob(ctx, ref);
    if (job?.state === "active" && job.spec.onAllTasksComplete === "terminatejob") await ringFor(ctx, job);
  }
}

async function settled(ctx: Context, job: Job): Promise<void> {
  const now = ctx.clock.now();
  const after = await change<Job>(ctx, ctx.keys.job(job.id), "JobNotFound", (found) => {
    if (found.uid !== job.uid) return undefined;
    if (found.state === "disabling") return moved(found, "disabled", now);
    if (found.state === "terminating") return { ...moved(found, "completed", now), endTime: new Date(now).toISOString() };
    return undefined;
  });
  if (after.uid === job.uid && after.state === "completed") await tellJobOver(ctx, after);
}

/** What of the job runs, by the leases of its pool. */
async function runningTasks(ctx: Context, job: Job, poolId: string): Promise<Task[]> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(poolId) });
  return readTasks(
    ctx,
    leases.flatMap((lease) => fromItem<Lease>(lease).tasks).filter((task) => task.uid === job.uid),
  );
}

/** Marks each as to be stopped, so that the wish outlives a lost message and a lost node, and tells its node. */
async function stopAll(ctx: Context, running: readonly Task[], how: "requeue" | "terminate"): Promise<void> {
  const unmarked = running.filter((task) => task.stop !== how);
  await writeAll(
    ctx,
    unmarked.map((task) => taskUpdate(ctx, task, { stop: how })),
  );
  for (const task of unmarked) await stopOnNode(ctx, task, how);
}

async function startPurge(ctx: Context, job: Job, poolId: string): Promise<void> {
  for (const task of await runningTasks(ctx, job, poolId)) await stopOnNode(ctx, task, "forget");
  await ctx.work.send([
    {
      body: {
        kind: "purge-job",
        job: { jobId: job.id, uid: job.uid },
        poolIds: [poolId, ...(job.formerPools ?? [])],
        again: true,
        ...(job.spec.jobPreparationTask ? { prepared: true as const } : {}),
      },
    },
  ]);
}

/**
 * Whether nothing of a job that ends runs any more, and its nodes have released it; where not, it is looked at again. Of a job that is being deleted, what
 * runs is ended first.
 */
async function isReleased(ctx: Context, job: Job, poolId: string, running?: readonly Task[]): Promise<boolean> {
  // A deletion takes all else of a preparation away without a word of the nodes.
  if (!job.spec.jobReleaseTask && (!job.spec.jobPreparationTask || job.state === "deleting")) return true;
  const left = running ?? (await runningTasks(ctx, job, poolId));
  if (left.length === 0) return releaseNodes(ctx, job);
  for (const task of left) await stopOnNode(ctx, task, "forget");
  await ringLater(ctx, LOOK_AGAIN_S, { pool: { poolId }, settle: [{ jobId: job.id, uid: job.uid }] });
  return false;
}

/** Checked against the items, since counts are only hints. */
async function isComplete(ctx: Context, ref: JobRef): Promise<boolean> {
  for (const pk of ctx.keys.taskPartitions(ref)) {
    for await (const page of everyPage(ctx, { pk }, 1000)) if (page.some((item) => item.state !== "completed")) return false;
  }
  return true;
}
