/** What a job schedule is to do now: pure, so that a test can live through years of it. */
import { durationMs } from "../domain/duration.ts";
import type { Recurrence } from "../domain/schedule.ts";

export type RunPlan =
  /** A job is to start; `next`: when the one after it is due. */
  | { readonly kind: "start"; readonly due: number; readonly next: number | undefined }
  /** No job can start any more, and none is there. */
  | { readonly kind: "complete" }
  /** Nothing is to be done before `until`, or before the job that is there has ended. `next`: when a job is due, with those left out that are lost. */
  | { readonly kind: "wait"; readonly next: number | undefined; readonly until: number | undefined };

/**
 * `next`: when a job is due, as far as it was known before; `busy`: an earlier one has not ended. Of several that are due by now, the newest alone counts: the
 * others are lost. It may start within the start window and before the next is due. All times in milliseconds.
 */
export function planRun(recurrence: Recurrence, next: number | undefined, busy: boolean, now: number): RunPlan {
  const interval = durationMs(recurrence.recurrenceInterval);
  const last = recurrence.doNotRunAfter === undefined ? Number.POSITIVE_INFINITY : Date.parse(recurrence.doNotRunAfter);
  const over: RunPlan = busy ? { kind: "wait", next, until: undefined } : { kind: "complete" };
  if (next === undefined || now > last) return over;
  const due = now > next && Number.isFinite(interval) ? next + Math.floor((now - next) / interval) * interval : next;
  const wait = (at: number): RunPlan => ({ kind: "wait", next: at, until: atMost(Math.min(at, last + 1)) });
  if (due > now) return wait(due);
  const following = Number.isFinite(interval) ? due + interval : undefined;
  if (now - due <= durationMs(recurrence.startWindow)) {
    if (!busy) return { kind: "start", due, next: following };
    return { kind: "wait", next: due, until: atMost(Math.min(following ?? Number.POSITIVE_INFINITY, last + 1)) };
  }
  if (following !== undefined) return wait(following);
  return busy ? { kind: "wait", next: undefined, until: undefined } : { kind: "complete" };
}

function atMost(time: number): number | undefined {
  return Number.isFinite(time) ? time : undefined;
}
