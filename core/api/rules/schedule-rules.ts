import { durationMs } from "../../domain/duration.ts";
import { invalidProperty } from "../../domain/errors.ts";
import type { Recurrence, ScheduleChanges, ScheduleSpec } from "../../domain/schedule.ts";
import type { NameValue } from "../../domain/specs.ts";
import { jobProperties } from "./job-rules.ts";
import { checkDisplayName, checkDuration, checkId } from "./ranges.ts";
import { within } from "./within.ts";

const SHORTEST = "PT1M";

interface ScheduleBody {
  readonly id: string;
  readonly displayName?: string;
  readonly schedule: Recurrence;
  readonly jobSpecification: Record<string, unknown>;
  readonly metadata?: readonly NameValue[];
}

/**
 * The schedule that a JobScheduleAddParameter body (as parseBody gives it) asks for, complete with defaults. Throws InvalidPropertyValue,
 * MissingRequiredProperty, or NotImplemented.
 */
export function scheduleSpec(body: Record<string, unknown>): ScheduleSpec {
  const given = body as unknown as ScheduleBody;
  checkId(given.id, "id");
  checkDisplayName(given.displayName, "displayName");
  checkRecurrence(given.schedule);
  return { ...given, jobSpecification: specification(given.jobSpecification) };
}

/** The changes that a JobSchedulePatchParameter body asks for: what it names, each property as a whole. Throws as {@link scheduleSpec}. */
export function schedulePatch(body: Record<string, unknown>): ScheduleChanges {
  const { jobSpecification, ...given } = body as Partial<ScheduleBody>;
  if (given.schedule) checkRecurrence(given.schedule);
  return { ...given, ...(jobSpecification && { jobSpecification: specification(jobSpecification) }) };
}

/** The changes that a JobScheduleUpdateParameter body asks for: what it leaves out is set back. Throws as {@link scheduleSpec}. */
export function scheduleUpdate(body: Record<string, unknown>): ScheduleChanges {
  return { metadata: null, ...schedulePatch(body) };
}

function specification(given: Record<string, unknown>): ScheduleSpec["jobSpecification"] {
  return within("jobSpecification", () => jobProperties(given));
}

function checkRecurrence({ doNotRunUntil, doNotRunAfter, startWindow, recurrenceInterval }: Recurrence): void {
  checkDuration(recurrenceInterval, "schedule.recurrenceInterval", SHORTEST);
  checkDuration(startWindow, "schedule.startWindow", SHORTEST);
  const window = durationMs(startWindow);
  if (Number.isFinite(window) && window > durationMs(recurrenceInterval))
    throw invalidProperty("schedule.startWindow", startWindow, "The value must not be longer than the recurrenceInterval.");
  if (doNotRunUntil !== undefined && doNotRunAfter !== undefined && Date.parse(doNotRunAfter) <= Date.parse(doNotRunUntil))
    throw invalidProperty("schedule.doNotRunAfter", doNotRunAfter, "The time must be later than doNotRunUntil.");
}
