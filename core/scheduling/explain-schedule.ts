/** Why a job schedule starts no job: what is known of it in, reasons out, the one that matters most first. Pure. */
import { assertExhaustive } from "../domain/exhaustive.ts";
import type { Job } from "../domain/job.ts";
import type { Schedule } from "../domain/schedule.ts";
import { planRun } from "./plan-run.ts";

/** `code` is for programs, `message` for people. The other properties depend on the code. */
export interface ScheduleReason {
  readonly code: "ScheduleDisabled" | "ScheduleEnded" | "JobNotEnded" | "NotDue" | "NoJobToCome" | "AboutToStart";
  readonly message: string;
  readonly [detail: string]: unknown;
}

/** Never empty. `active`: its newest job, as long as that has not ended. */
export function explainSchedule(schedule: Schedule, active: Job | undefined, now: number): ScheduleReason[] {
  const { state } = schedule;
  switch (state) {
    case "completed":
    case "terminating":
    case "deleting":
      return [{ code: "ScheduleEnded", message: `The schedule is ${state}: it starts no job any more.`, state }];
    case "disabled":
      return [{ code: "ScheduleDisabled", message: "The schedule is disabled. Enable it.", state }, ...held(active)];
    case "active":
      return [...held(active), ...explainTimes(schedule, active !== undefined, now)];
    default:
      return assertExhaustive(state);
  }
}

function held(active: Job | undefined): ScheduleReason[] {
  if (!active) return [];
  const message = `Its job ${active.id} is ${active.state}: the next starts when that has ended. Terminate it, or have it end with its tasks.`;
  return [{ code: "JobNotEnded", message, jobId: active.id, state: active.state }];
}

function explainTimes(schedule: Schedule, busy: boolean, now: number): ScheduleReason[] {
  const plan = planRun(schedule.spec.schedule, schedule.next, false, now);
  switch (plan.kind) {
    case "start":
      return busy ? [] : [{ code: "AboutToStart", message: "A job is due and about to start." }];
    case "complete":
      return [{ code: "NoJobToCome", message: "No job is to come: the schedule completes as soon as none is there." }];
    case "wait":
      return plan.next === undefined ? [] : [waits(schedule, plan.next)];
    default:
      return assertExhaustive(plan);
  }
}

function waits({ spec: { schedule } }: Schedule, next: number): ScheduleReason {
  const nextRunTime = new Date(next).toISOString();
  const { doNotRunAfter } = schedule;
  if (doNotRunAfter !== undefined && next > Date.parse(doNotRunAfter)) {
    const message = `No job is to come: the next would be due at ${nextRunTime}, after doNotRunAfter. The schedule completes then.`;
    return { code: "NoJobToCome", message, doNotRunAfter };
  }
  return { code: "NotDue", message: `The next job is due at ${nextRunTime}.`, nextRunTime };
}
