/**
 * How a job comes to be, in an order that no crash breaks: what belongs to it is written ahead, under a uid that nobody knows yet; then its item; then it
 * begins.
 */
import { durationMs } from "../../domain/duration.ts";
import { etagOf } from "../../domain/etag.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import { managerOf } from "../../domain/new-task.ts";
import type { JobSpec } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { autoPoolId } from "../pools/auto-pool-id.ts";
import { ensureAutoPool, ensureAutoPoolLater } from "../pools/ensure-auto-pool.ts";
import { ring } from "../ring.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { addManager } from "./add-manager.ts";
import { announceCounts } from "./counts.ts";
import { armDeadline } from "./job-deadline.ts";

/** The job as it is written down first. `of`: the schedule that it is a job of, and the pool that all jobs of that share. */
export function newJob(ctx: Context, spec: JobSpec, of: Pick<Job, "schedule" | "autoPoolId"> = {}): Job {
  const now = ctx.clock.now();
  const at = new Date(now).toISOString();
  const { autoPoolSpecification } = spec.poolInfo;
  return {
    id: spec.id,
    uid: ctx.ids.next(),
    rev: 1,
    etag: etagOf(now, 1),
    creationTime: at,
    lastModified: at,
    state: "active",
    stateTransitionTime: at,
    spec,
    startTime: at,
    ...(autoPoolSpecification && { autoPoolId: autoPoolId(ctx, autoPoolSpecification) }),
    ...of,
  };
}

/** Writes down what the job must never be without, before the job itself. */
export async function writeAhead(ctx: Context, job: Job): Promise<void> {
  const manager = managerOf(ctx.clock.now(), job);
  if (job.autoPoolId !== undefined) await ensureAutoPoolLater(ctx, job);
  if (manager) await addManager(ctx, job, manager);
}

/** Takes away what was written ahead of a job that did not come to be. */
export async function takeBack(ctx: Context, job: Job): Promise<void> {
  if (!job.spec.jobManagerTask) return;
  const ref = { jobId: job.id, uid: job.uid };
  await ctx.work.send([{ body: { kind: "purge-job", job: ref, poolIds: [poolOf(job)], again: false } }]);
}

/** What a job needs as soon as it is written down. May be repeated; what a crash leaves out, the next sweep does. */
export async function beginJob(ctx: Context, job: Job): Promise<void> {
  const { jobManagerTask, constraints, onAllTasksComplete } = job.spec;
  const ref = { jobId: job.id, uid: job.uid };
  // Counts begin with the first that is added; begun here, they cost the first tasks no requests of their own.
  if (!jobManagerTask) await announceCounts(ctx, ref);
  if (Number.isFinite(durationMs(constraints.maxWallClockTime))) await armDeadline(ctx, job);
  if (job.autoPoolId !== undefined) await ensureAutoPool(ctx, ref);
  if (jobManagerTask) {
    await noteWaiting(ctx, job);
    await ring(ctx, { pool: { poolId: poolOf(job) } });
  } else if (onAllTasksComplete === "terminatejob") await ring(ctx, { pool: { poolId: poolOf(job) }, settle: [ref] });
}
