import { touch } from "../../domain/etag.ts";
import { moved } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { Schedule } from "../../domain/schedule.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { changeAndLook } from "./change-and-look.ts";
import { refuseEnded } from "./end-schedule.ts";

/** No job starts from now on; the one that is there goes on. A schedule that is disabled already stays so. */
export function disableSchedule(ctx: Context, scheduleId: string, pre?: Preconditions): Promise<Schedule> {
  return change<Schedule>(ctx, ctx.keys.schedule(scheduleId), "JobScheduleNotFound", to("disabled", ctx.clock.now(), pre));
}

/** Jobs start again; of those that were due meanwhile, the newest if it still may. A schedule that is active already stays so. */
export function enableSchedule(ctx: Context, scheduleId: string, pre?: Preconditions): Promise<Schedule> {
  return changeAndLook(ctx, scheduleId, to("active", ctx.clock.now(), pre));
}

function to(state: "active" | "disabled", now: number, pre?: Preconditions) {
  return (schedule: Schedule) => {
    checkPreconditions(schedule, pre, false);
    refuseEnded(schedule);
    return schedule.state === state ? undefined : { ...moved(schedule, state, now), ...touch(schedule, now) };
  };
}
