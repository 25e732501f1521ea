import type { Job } from "../../domain/job.ts";
import type { Context } from "../context.ts";
import { endAutoPool } from "../pools/end-auto-pool.ts";
import { lookSoon } from "../schedules/look-soon.ts";

/** For whom the end of a job matters: the pool that was made for it ends too, and its schedule may start the next job. May be repeated. */
export async function tellJobOver(ctx: Context, job: Job): Promise<void> {
  await endPoolOf(ctx, job);
  if (job.schedule) await lookSoon(ctx, job.schedule);
}

/** Ends the pool that was made for this job alone. May be repeated. */
export async function endPoolOf(ctx: Context, job: Job): Promise<void> {
  const { autoPoolSpecification } = job.spec.poolInfo;
  if (job.autoPoolId === undefined || autoPoolSpecification?.poolLifetimeOption !== "job") return;
  await endAutoPool(ctx, job.autoPoolId, job.uid, autoPoolSpecification.keepAlive);
}
