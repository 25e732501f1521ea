import { durationMs } from "./duration.ts";
import type { JobRef } from "./refs.ts";
import type { JobProperties, NameValue, PoolInfo } from "./specs.ts";

export type ScheduleState = "active" | "completed" | "disabled" | "terminating" | "deleting";

/** When a schedule's jobs run: ISO times in UTC, ISO durations. Without an interval, once. */
export interface Recurrence {
  readonly doNotRunUntil?: string;
  readonly doNotRunAfter?: string;
  readonly startWindow?: string;
  readonly recurrenceInterval?: string;
}

/** What a client gives when it adds a job schedule, checked and completed with defaults. */
export interface ScheduleSpec {
  readonly id: string;
  readonly displayName?: string;
  readonly schedule: Recurrence;
  readonly jobSpecification: JobProperties;
  readonly metadata?: readonly NameValue[];
}
/** Each as a whole; what is not named stays, null clears. */
export interface ScheduleChanges {
  readonly schedule?: Recurrence;
  readonly jobSpecification?: JobProperties;
  readonly metadata?: readonly NameValue[] | null;
}

export interface Schedule {
  readonly id: string;
  /** Its incarnation. */
  readonly uid: string;
  readonly rev: number;
  readonly etag: string;
  readonly creationTime: string;
  readonly lastModified: string;
  readonly state: ScheduleState;
  readonly stateTransitionTime: string;
  readonly previousState?: ScheduleState;
  readonly previousStateTransitionTime?: string;
  readonly spec: ScheduleSpec;
  /** When the next job is due, in milliseconds; one that is past waits for the job before it, or for its schedule to be enabled. Absent: never again. */
  readonly next?: number;
  /** When the newest job was due, in milliseconds. */
  readonly lastDue?: number;
  /** Jobs that it has started; the newest has this number. */
  readonly runs: number;
  readonly recentJob?: JobRef;
  /** When its timer goes off, in milliseconds: an earlier one has been replaced. */
  readonly timerAt?: number;
  /** The pool of all its jobs, where its specification asks for one that lives as long as the schedule. */
  readonly autoPoolId?: string;
  /** The pools of earlier specifications: they go when the job that may be on them has ended. */
  readonly formerPools?: readonly string[];
  readonly endTime?: string;
}

/** The id of a schedule's job. No job that a user adds can be called so. */
export function scheduledJobId(scheduleId: string, run: number): string {
  return `${scheduleId}:job-${run}`;
}

/** When the first job of a schedule that begins now is due, in milliseconds. */
export function firstDue({ doNotRunUntil }: Recurrence, now: number): number {
  return doNotRunUntil === undefined ? now : Math.max(now, Date.parse(doNotRunUntil));
}

/**
 * When the next job is due once a schedule's times are these, in milliseconds. It stays as it is where neither the beginning nor the interval changes; else it is
 * due at the new beginning, where that is still to come, or an interval after the newest job.
 */
export function dueAfterChange(schedule: Schedule, changed: Recurrence, now: number): number | undefined {
  const before = schedule.spec.schedule;
  const rhythmStays =
    before.doNotRunUntil === changed.doNotRunUntil && durationMs(before.recurrenceInterval) === durationMs(changed.recurrenceInterval);
  if (rhythmStays) return schedule.next;
  const first = firstDue(changed, now);
  const interval = durationMs(changed.recurrenceInterval);
  if (first > now || schedule.lastDue === undefined || !Number.isFinite(interval)) return first;
  return schedule.lastDue + interval;
}

/** Whether the jobs share one pool that lives as long as the schedule. */
export function sharesAutoPool({ autoPoolSpecification }: PoolInfo): boolean {
  return autoPoolSpecification?.poolLifetimeOption === "jobschedule";
}
