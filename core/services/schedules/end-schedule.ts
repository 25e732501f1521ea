import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import { moved } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { Schedule } from "../../domain/schedule.ts";
import type { Context } from "../context.ts";
import { changeAndLook } from "./change-and-look.ts";

/** Starts the end of a schedule: no job starts any more, and the one that is there is terminated. Refuses one that is ending or has ended. */
export function terminateSchedule(ctx: Context, scheduleId: string, pre?: Preconditions): Promise<Schedule> {
  return end(ctx, scheduleId, "terminating", refuseEnded, pre);
}

/** Starts the deletion of a schedule, with all its jobs and their tasks. Refuses JobScheduleBeingDeleted while that goes on. */
export async function deleteSchedule(ctx: Context, scheduleId: string, pre?: Preconditions): Promise<void> {
  await end(ctx, scheduleId, "deleting", refuseDeleting, pre);
}

function end(
  ctx: Context,
  scheduleId: string,
  state: "terminating" | "deleting",
  refuse: (schedule: Schedule) => void,
  pre?: Preconditions,
): Promise<Schedule> {
  const now = ctx.clock.now();
  return changeAndLook(ctx, scheduleId, (schedule) => {
    checkPreconditions(schedule, pre, false);
    refuse(schedule);
    return { ...moved(schedule, state, now), ...touch(schedule, now), timerAt: undefined };
  });
}

/** Refuses what cannot be done to a schedule that is ending or has ended. */
export function refuseEnded(schedule: Schedule): void {
  if (schedule.state === "completed") throw new Refusal("JobScheduleCompleted");
  if (schedule.state === "terminating") throw new Refusal("JobScheduleBeingTerminated");
  refuseDeleting(schedule);
}

function refuseDeleting(schedule: Schedule): void {
  if (schedule.state === "deleting") throw new Refusal("JobScheduleBeingDeleted");
}
