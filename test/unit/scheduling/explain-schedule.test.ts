import { expect, it } from "vitest";
import type { Job } from "../../../core/domain/job.ts";
import type { Recurrence, Schedule, ScheduleState } from "../../../core/domain/schedule.ts";
import { explainSchedule } from "../../../core/scheduling/explain-schedule.ts";

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
const job = { id: "s:job-1", state: "active" } as Job;
const schedule = (state: ScheduleState, recurrence: Recurrence, next?: number): Schedule =>
  ({ state, spec: { schedule: recurrence }, ...(next === undefined ? {} : { next }) }) as Schedule;
const hourly = { recurrenceInterval: "PT1H" };

it.each([
  ["is disabled", schedule("disabled", hourly, NOW), undefined, ["ScheduleDisabled"]],
  ["is disabled, and its job goes on", schedule("disabled", hourly, NOW), job, ["ScheduleDisabled", "JobNotEnded"]],
  ["has ended", schedule("completed", {}), undefined, ["ScheduleEnded"]],
  ["ends", schedule("terminating", {}), job, ["ScheduleEnded"]],
  ["waits for its job", schedule("active", hourly, NOW), job, ["JobNotEnded"]],
  ["waits for its job, and the next is not due", schedule("active", hourly, NOW + HOUR), job, ["JobNotEnded", "NotDue"]],
  ["is not due", schedule("active", hourly, NOW + HOUR), undefined, ["NotDue"]],
  ["is due", schedule("active", hourly, NOW), undefined, ["AboutToStart"]],
  ["has run its only job, which goes on", schedule("active", {}), job, ["JobNotEnded", "NoJobToCome"]],
  ["ends before the next is due", schedule("active", { ...hourly, doNotRunAfter: iso(NOW + 1) }, NOW + HOUR), undefined, ["NoJobToCome"]],
])("tells that a schedule %s", (_what, seen, active, codes) => {
  const reasons = explainSchedule(seen, active, NOW);
  expect(reasons.map(({ code }) => code)).toEqual(codes);
  for (const { message } of reasons) expect(message).toMatch(/^[A-Z].*\.$/);
});
