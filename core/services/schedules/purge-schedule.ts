import { Refusal } from "../../domain/errors.ts";
import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { Schedule } from "../../domain/schedule.ts";
import { changeIfThere } from "../change.ts";
import type { Context } from "../context.ts";
import { deleteJob } from "../jobs/end-job.ts";
import { endPools } from "./end-pools.ts";
import { armTimer } from "./schedule-timer.ts";

/** So many jobs of a schedule are deleted at a time. */
const JOBS_AT_ONCE = 100;
const LOOK_AGAIN_MS = 2_000;

/** Deletes the jobs of a schedule that is being deleted, its pools when no job is left, and its own item last. */
export async function purgeSchedule(ctx: Context, schedule: Schedule): Promise<void> {
  const now = ctx.clock.now();
  const key = ctx.keys.schedule(schedule.id);
  // Each job that goes tells its schedule: once in a while is enough to look.
  if (schedule.timerAt !== undefined && schedule.timerAt > now) return;
  const page = await ctx.store.query({ ...ctx.keys.jobsOfSchedule(schedule.id), limit: JOBS_AT_ONCE });
  const jobs = page.items.map((item) => fromItem<Job>(item));
  for (const job of jobs) if (job.state !== "deleting") await deleteOne(ctx, job.id);
  if (jobs.length > 0) {
    const timerAt = await armTimer(ctx, schedule, now + LOOK_AGAIN_MS, true);
    if (timerAt !== undefined) await changeIfThere<Schedule>(ctx, key, (found) => (found.uid === schedule.uid ? { timerAt } : undefined));
    return;
  }
  await endPools(ctx, schedule);
  await ctx.store.write({ kind: "delete", key: ctx.keys.scheduleStats({ scheduleId: schedule.id, uid: schedule.uid }) });
  await ctx.store.write({ kind: "delete", key, when: { equals: { uid: schedule.uid, state: "deleting" } } });
}

async function deleteOne(ctx: Context, jobId: string): Promise<void> {
  try {
    await deleteJob(ctx, jobId);
  } catch (error) {
    if (!(error instanceof Refusal && (error.code === "JobNotFound" || error.code === "JobBeingDeleted"))) throw error;
  }
}
