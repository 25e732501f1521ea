import type { ScheduleRef } from "../../domain/refs.ts";
import type { Context } from "../context.ts";

/** Whoever is changing the schedule has done so by then. */
const AFTER_CHANGE_S = 5;

/** Has the schedule looked at now. */
export async function lookSoon(ctx: Context, schedule: ScheduleRef): Promise<void> {
  await ctx.work.send([{ body: { kind: "look-at-schedule", schedule } }]);
}

/** Sent before a change that the schedule must be looked at after: whatever happens to the one who makes it, somebody looks. */
export async function lookAfterChange(ctx: Context, schedule: ScheduleRef): Promise<void> {
  await ctx.work.send([{ body: { kind: "look-at-schedule", schedule }, delaySeconds: AFTER_CHANGE_S }]);
}
