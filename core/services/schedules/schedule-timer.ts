/**
 * The timer of a schedule: a delayed message, renewed until the time has come. The schedule's item says when the message that counts goes off; a message that
 * was to go off earlier is one that was replaced, or that comes twice. It is sent before the item says so: one that comes too early is not lost, as looking at
 * a schedule is always harmless.
 */
import type { Schedule } from "../../domain/schedule.ts";
import type { Context } from "../context.ts";

const LONGEST_MS = 900_000;

/**
 * Sends the message that goes off at `until`, or earlier and renews itself. Answers when it goes off, to be written into the schedule's item; undefined where
 * one that is alive does. `over`: none is alive, whatever the item says. All in milliseconds.
 */
export async function armTimer(ctx: Context, schedule: Schedule, until: number, over: boolean): Promise<number | undefined> {
  const now = ctx.clock.now();
  const at = Math.max(now, Math.min(until, now + LONGEST_MS));
  const alive = !over && schedule.timerAt !== undefined && schedule.timerAt > now && schedule.timerAt <= until;
  if (alive) return undefined;
  const body = { kind: "look-at-schedule" as const, schedule: { scheduleId: schedule.id, uid: schedule.uid }, at };
  await ctx.work.send([{ body, delaySeconds: Math.ceil((at - now) / 1000) }]);
  return at;
}

/** Whether the message that was to go off at `at` has been replaced. */
export function isReplaced(schedule: Schedule, at: number | undefined): boolean {
  return at !== undefined && schedule.timerAt !== undefined && at < schedule.timerAt;
}
