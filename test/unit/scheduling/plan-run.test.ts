import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration } from "../../../core/domain/duration.ts";
import type { Recurrence } from "../../../core/domain/schedule.ts";
import { planRun } from "../../../core/scheduling/plan-run.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const iso = (minutes: number) => new Date(START + minutes * MINUTE).toISOString();
const length = (minutes: number) => formatDuration(minutes * MINUTE);

describe("what a schedule does now", () => {
  const hourly: Recurrence = { recurrenceInterval: "PT1H" };
  const at = (minutes: number) => START + minutes * MINUTE;
  it.each([
    ["not due yet", hourly, 60, false, 59, { kind: "wait", next: at(60), until: at(60) }],
    ["due", hourly, 60, false, 60, { kind: "start", due: at(60), next: at(120) }],
    ["due, and a job there", hourly, 60, true, 60, { kind: "wait", next: at(60), until: at(120) }],
    ["several due", hourly, 60, false, 200, { kind: "start", due: at(180), next: at(240) }],
    ["the window over", { ...hourly, startWindow: "PT10M" }, 60, false, 200, { kind: "wait", next: at(240), until: at(240) }],
    ["the window's last moment", { ...hourly, startWindow: "PT10M" }, 60, false, 70, { kind: "start", due: at(60), next: at(120) }],
    ["once, due", {}, 0, false, 5, { kind: "start", due: at(0), next: undefined }],
    ["once, done", {}, undefined, false, 5, { kind: "complete" }],
    ["once, done, and its job there", {}, undefined, true, 5, { kind: "wait", next: undefined, until: undefined }],
    ["once, lost", { startWindow: "PT1M" }, 0, false, 5, { kind: "complete" }],
    ["the end passed", { ...hourly, doNotRunAfter: iso(90) }, 120, false, 91, { kind: "complete" }],
    ["the end before the next", { ...hourly, doNotRunAfter: iso(90) }, 120, false, 70, { kind: "wait", next: at(120), until: at(90) + 1 }],
  ])("%s", (_what, recurrence, next, busy, now, plan) => {
    expect(planRun(recurrence, next === undefined ? undefined : at(next), busy, at(now))).toEqual(plan);
  });
});

it("starts jobs on the beat, each in its window, none twice and none after the end, whenever it is looked at and however long jobs take", () => {
  const minutes = (max: number) => fc.integer({ min: 1, max });
  const recurrences = fc.record({ interval: minutes(100), window: fc.option(minutes(100)), last: fc.option(minutes(5_000)) });
  const looks = fc.array(fc.record({ wait: minutes(300), job: fc.integer({ min: 0, max: 300 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(recurrences, looks, ({ interval, window, last }, times) => {
      const recurrence: Recurrence = {
        recurrenceInterval: length(interval),
        ...(window !== null && { startWindow: length(Math.min(window, interval)) }),
        ...(last !== null && { doNotRunAfter: iso(last) }),
      };
      const slots = new Set<number>();
      let next: number | undefined = START;
      let busyUntil = START;
      let now = START;
      for (const { wait, job } of times) {
        now += wait * MINUTE;
        const plan = planRun(recurrence, next, now < busyUntil, now);
        if (plan.kind === "complete") {
          expect(last !== null && now > START + last * MINUTE).toBe(true);
          return;
        }
        next = plan.next;
        if (plan.kind === "wait") {
          if (plan.until !== undefined) expect(plan.until).toBeGreaterThan(now);
          continue;
        }
        const beat = (plan.due - START) / (interval * MINUTE);
        expect([Number.isInteger(beat), slots.has(beat), now < busyUntil]).toEqual([true, false, false]);
        expect(now - plan.due).toBeLessThanOrEqual(Math.min(window ?? interval, interval) * MINUTE);
        if (last !== null) expect(now).toBeLessThanOrEqual(START + last * MINUTE);
        slots.add(beat);
        busyUntil = now + job * MINUTE;
      }
    }),
  );
});
