import { touch } from "../../domain/etag.ts";
import { type DisableTasks, type Job, moved, poolOf } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { JobRef } from "../../domain/refs.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { currentJob } from "./current-job.ts";
import { refuseEnded, ringFor } from "./end-job.ts";

/** No task of the job starts from now on; what runs is given back, ended or awaited. A job that is disabled already stays so. */
export async function disableJob(ctx: Context, jobId: string, how: DisableTasks, pre?: Preconditions): Promise<Job> {
  const now = ctx.clock.now();
  const job = await change<Job>(ctx, ctx.keys.job(jobId), "JobNotFound", (job) => {
    checkPreconditions(job, pre, false);
    refuseEnded(job);
    if (job.state === "disabled") return undefined;
    return { ...moved(job, "disabling", now), ...touch(job, now), disableTasks: how };
  });
  if (job.state === "disabling") await ringFor(ctx, job);
  return job;
}

/** The service's own: as a user who requeues what runs. Nothing happens to a job that is active no more, or is another job by now. */
export async function disableNow(ctx: Context, ref: JobRef): Promise<void> {
  const now = ctx.clock.now();
  if (!(await currentJob(ctx, ref))) return;
  const job = await change<Job>(ctx, ctx.keys.job(ref.jobId), "JobNotFound", (job) => {
    if (job.uid !== ref.uid || job.state !== "active") return undefined;
    return { ...moved(job, "disabling", now), ...touch(job, now), disableTasks: "requeue" };
  });
  if (job.uid === ref.uid && job.state === "disabling") await ringFor(ctx, job);
}

/** Its tasks start again. A job that is active already stays so. */
export async function enableJob(ctx: Context, jobId: string, pre?: Preconditions): Promise<Job> {
  const now = ctx.clock.now();
  const job = await change<Job>(ctx, ctx.keys.job(jobId), "JobNotFound", (job) => {
    checkPreconditions(job, pre, false);
    refuseEnded(job);
    if (job.state === "active") return undefined;
    return { ...moved(job, "active", now), ...touch(job, now), disableTasks: undefined };
  });
  await noteWaiting(ctx, job);
  await ring(ctx, { pool: { poolId: poolOf(job) } });
  return job;
}
