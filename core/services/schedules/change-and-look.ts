import type { Schedule } from "../../domain/schedule.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { lookAfterChange, lookSoon } from "./look-soon.ts";
import { getSchedule } from "./read-schedules.ts";

type Decide = Parameters<typeof change<Schedule>>[3];

/** Changes a schedule as {@link change} does, and has it looked at, also where this is cut short after the change. Refuses JobScheduleNotFound. */
export async function changeAndLook(ctx: Context, scheduleId: string, decide: Decide): Promise<Schedule> {
  const { id, uid } = await getSchedule(ctx, scheduleId);
  const ref = { scheduleId: id, uid };
  await lookAfterChange(ctx, ref);
  const schedule = await change<Schedule>(ctx, ctx.keys.schedule(scheduleId), "JobScheduleNotFound", decide);
  await lookSoon(ctx, ref);
  return schedule;
}
