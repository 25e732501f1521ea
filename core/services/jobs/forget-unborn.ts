import type { JobRef } from "../../domain/refs.ts";
import type { Context } from "../context.ts";
import { currentJob } from "./current-job.ts";
import { purgeJob } from "./purge-job.ts";

/** A request that was to write the job down has ended by then. */
const AFTER_S = 300;

/** To be said before anything is written ahead of a job. */
export async function forgetUnbornLater(ctx: Context, job: JobRef, poolId: string): Promise<void> {
  await ctx.work.send([{ body: { kind: "forget-unborn", job, poolId }, delaySeconds: AFTER_S }]);
}

/** Takes away what was written ahead of a job that never came to be, as its request was cut short. */
export async function forgetUnborn(ctx: Context, job: JobRef, poolId: string): Promise<void> {
  if (await currentJob(ctx, job)) return;
  await purgeJob(ctx, { kind: "purge-job", job, poolIds: [poolId], again: false });
}
