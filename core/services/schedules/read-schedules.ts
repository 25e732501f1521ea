import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { ScheduleRef } from "../../domain/refs.ts";
import type { Schedule } from "../../domain/schedule.ts";
import { readOr } from "../change.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { listPartition } from "../listing.ts";

/** Refuses JobScheduleNotFound. */
export function getSchedule(ctx: Context, scheduleId: string): Promise<Schedule> {
  return readOr<Schedule>(ctx, ctx.keys.schedule(scheduleId), "JobScheduleNotFound");
}

export function listSchedules(ctx: Context, page: PageRequest): Promise<Listing<Schedule>> {
  return listPartition<Schedule>(ctx, ctx.keys.schedules(), page);
}

/** The jobs that a schedule has started and that are not deleted, in the order of their ids. Refuses JobScheduleNotFound. */
export async function listJobsOfSchedule(ctx: Context, scheduleId: string, page: PageRequest): Promise<Listing<Job>> {
  await getSchedule(ctx, scheduleId);
  return listPartition<Job>(ctx, ctx.keys.jobsOfSchedule(scheduleId), page);
}

/** The schedule of this incarnation, if it is still there. */
export async function currentSchedule(ctx: Context, ref: ScheduleRef): Promise<Schedule | undefined> {
  const item = await ctx.store.get(ctx.keys.schedule(ref.scheduleId));
  const schedule = item && fromItem<Schedule>(item);
  return schedule?.uid === ref.uid ? schedule : undefined;
}
