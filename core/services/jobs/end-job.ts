import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import { type Job, moved, poolOf } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { FailureInfo } from "../../domain/specs.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";

/** Starts the end of a job: its running tasks are ended, the waiting ones stay as they are. Refuses JobCompleted, JobBeingTerminated, JobBeingDeleted. */
export async function terminateJob(ctx: Context, jobId: string, reason: string | undefined, pre?: Preconditions): Promise<Job> {
  const now = ctx.clock.now();
  const job = await change<Job>(ctx, ctx.keys.job(jobId), "JobNotFound", (job) => {
    checkPreconditions(job, pre, false);
    refuseEnded(job);
    return { ...moved(job, "terminating", now), ...touch(job, now), terminateReason: reason ?? "UserTerminate", disableTasks: undefined };
  });
  await ringFor(ctx, job);
  return job;
}

/** The service's own end of a job (its time is over, its tasks are complete, it cannot run at all): nothing happens where it has ended, or is another job by now. */
export async function endJob(ctx: Context, ref: JobRef, reason: string, schedulingError?: FailureInfo): Promise<void> {
  const now = ctx.clock.now();
  let wanted = false;
  const job = await change<Job>(ctx, ctx.keys.job(ref.jobId), "JobNotFound", (job) => {
    wanted = job.uid === ref.uid && !["terminating", "completed", "deleting"].includes(job.state);
    if (!wanted) return undefined;
    const why = { terminateReason: reason, ...(schedulingError ? { schedulingError } : {}) };
    return { ...moved(job, "terminating", now), ...touch(job, now), ...why, disableTasks: undefined };
  }).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "JobNotFound") return undefined;
    throw error;
  });
  if (job && wanted) await ringFor(ctx, job);
}

/** Starts the deletion of a job and of all its tasks. Refuses JobBeingDeleted while that goes on. */
export async function deleteJob(ctx: Context, jobId: string, pre?: Preconditions): Promise<void> {
  const now = ctx.clock.now();
  const job = await change<Job>(ctx, ctx.keys.job(jobId), "JobNotFound", (job) => {
    checkPreconditions(job, pre, false);
    if (job.state === "deleting") throw new Refusal("JobBeingDeleted");
    return { ...moved(job, "deleting", now), ...touch(job, now) };
  });
  await ringFor(ctx, job);
}

/** Refuses what cannot be done to a job that is ending or has ended. */
export function refuseEnded(job: Job): void {
  const refusal = endedRefusal(job);
  if (refusal) throw refusal;
}

/** What is answered of a job that is ending or has ended; undefined for any other. */
export function endedRefusal(job: Job): Refusal | undefined {
  if (job.state === "completed") return new Refusal("JobCompleted");
  if (job.state === "terminating") return new Refusal("JobBeingTerminated");
  return job.state === "deleting" ? new Refusal("JobBeingDeleted") : undefined;
}

export function ringFor(ctx: Context, job: Job): Promise<void> {
  return ring(ctx, { pool: { poolId: poolOf(job) }, settle: [{ jobId: job.id, uid: job.uid }] });
}
