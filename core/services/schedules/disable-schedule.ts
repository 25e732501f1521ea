import { touch } from "../../domain/etag.ts";
import { moved } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { Schedule } from "../../domain/schedule.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { refuseEnded } from "./end-schedule.ts";
import { lookAfterChange, lookSoon } from "./look-soon.ts";
import { getSchedule } from "./read-schedules.ts";

/** No job starts from now on; the one that is there goes on. A schedule that is disabled already stays so. */
export function disableSchedule(ctx: Context, scheduleId: string, pre?: Preconditions): Promise<Schedule> {
  return set(ctx, scheduleId, "disabled", pre);
}

/** Jobs start again; of those that were due meanwhile, the newest if it still may. A schedule that is active already stays so. */
export async function enableSchedule(ctx: Context, scheduleId: string, pre?: Preconditions): Promise<Schedule> {
  const { id, uid } = await getSchedule(ctx, scheduleId);
  const ref = { scheduleId: id, uid };
  await lookAfterChange(ctx, ref);
  const schedule = await set(ctx, scheduleId, "active", pre);
  await lookSoon(ctx, ref);
  return schedule;
}

function set(ctx: Context, scheduleId: string, state: "active" | "disabled", pre?: Preconditions): Promise<Schedule> {
  const now = ctx.clock.now();
  return change<Schedule>(ctx, ctx.keys.schedule(scheduleId), "JobScheduleNotFound", (schedule) => {
    checkPreconditions(schedule, pre, false);
    refuseEnded(schedule);
    return schedule.state === state ? undefined : { ...moved(schedule, state, now), ...touch(schedule, now) };
  });
}
