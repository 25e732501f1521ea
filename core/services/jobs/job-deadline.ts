import { durationMs } from "../../domain/duration.ts";
import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Context } from "../context.ts";
import { endJob } from "./end-job.ts";

const LONGEST_DELAY_S = 900;

/** When the job's wall clock runs out, in milliseconds since the epoch; Infinity for never. It runs from the job's creation. */
export function deadlineOf(job: Job): number {
  return Date.parse(job.creationTime) + durationMs(job.spec.constraints.maxWallClockTime);
}

/** Starts the timer of a job's wall clock: a delayed message, renewed until the time has come. */
export async function armDeadline(ctx: Context, job: Job): Promise<void> {
  const deadline = deadlineOf(job);
  if (!Number.isFinite(deadline)) return;
  const delaySeconds = Math.min(LONGEST_DELAY_S, Math.max(0, Math.ceil((deadline - ctx.clock.now()) / 1000)));
  await ctx.work.send([{ body: { kind: "job-deadline", job: { jobId: job.id, uid: job.uid } }, delaySeconds }]);
}

/** The timer went off: ends the job if its time is over, renews the timer if not. The job may have another limit by now, or none. */
export async function checkDeadline(ctx: Context, ref: JobRef): Promise<void> {
  const item = await ctx.store.get(ctx.keys.job(ref.jobId));
  const job = item && fromItem<Job>(item);
  if (!job || job.uid !== ref.uid || ["terminating", "completed", "deleting"].includes(job.state)) return;
  if (ctx.clock.now() < deadlineOf(job)) return armDeadline(ctx, job);
  await endJob(ctx, ref, "MaxWallClockTimeExpiry");
}
