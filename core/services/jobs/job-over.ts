import { type Job, poolOf } from "../../domain/job.ts";
import type { Context } from "../context.ts";
import { endAutoPool } from "../pools/end-auto-pool.ts";
import { lookSoon } from "../schedules/look-soon.ts";
import { dropNotes } from "./drop-notes.ts";

/** For whom the end of a job matters: the pool that was made for it ends too, and its schedule may start the next job. May be repeated. */
export async function tellJobOver(ctx: Context, job: Job): Promise<void> {
  await endPoolOf(ctx, job);
  if (job.schedule) await lookSoon(ctx, job.schedule);
}

/** Ends the pool that was made for this job alone, which has ended or is in another now. May be repeated. */
export async function endPoolOf(ctx: Context, job: Job): Promise<void> {
  const { autoPoolSpecification } = job.spec.poolInfo;
  if (job.autoPoolId === undefined || !autoPoolSpecification) return;
  // A pool that goes looks at no note any more.
  await dropNotes(ctx, poolOf(job), job.uid);
  if (autoPoolSpecification.poolLifetimeOption !== "job") return;
  await endAutoPool(ctx, job.autoPoolId, job.uid, autoPoolSpecification.keepAlive);
}
