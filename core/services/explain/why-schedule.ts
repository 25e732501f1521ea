import { explainSchedule, type ScheduleReason } from "../../scheduling/explain-schedule.ts";
import type { Context } from "../context.ts";
import { activeJob } from "../schedules/active-job.ts";
import { getSchedule } from "../schedules/read-schedules.ts";

export interface WhySchedule {
  readonly jobScheduleId: string;
  readonly state: string;
  readonly reasons: readonly ScheduleReason[];
}

/** Why the schedule starts no job now. Changes nothing. Refuses JobScheduleNotFound. */
export async function whySchedule(ctx: Context, scheduleId: string): Promise<WhySchedule> {
  const schedule = await getSchedule(ctx, scheduleId);
  const reasons = explainSchedule(schedule, await activeJob(ctx, schedule), ctx.clock.now());
  return { jobScheduleId: schedule.id, state: schedule.state, reasons };
}
