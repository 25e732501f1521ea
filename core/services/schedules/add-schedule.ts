import { invalidProperty, Refusal } from "../../domain/errors.ts";
import { etagOf } from "../../domain/etag.ts";
import { toItem } from "../../domain/items.ts";
import { firstDue, type Recurrence, type Schedule, type ScheduleSpec, sharesAutoPool } from "../../domain/schedule.ts";
import type { JobProperties } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { autoPoolId } from "../pools/auto-pool-id.ts";
import { lookAfterChange, lookSoon } from "./look-soon.ts";

/**
 * Adds a job schedule, active at once. Refuses JobScheduleExists, or JobScheduleBeingDeleted where the old one is not gone yet, JobWithSameIdExists, and
 * InvalidPropertyValue for a schedule whose time is over.
 */
export async function addSchedule(ctx: Context, spec: ScheduleSpec): Promise<Schedule> {
  const now = ctx.clock.now();
  refuseOver(spec.schedule, now);
  const at = new Date(now).toISOString();
  const schedule: Schedule = {
    id: spec.id,
    uid: ctx.ids.next(),
    rev: 1,
    etag: etagOf(now, 1),
    creationTime: at,
    lastModified: at,
    state: "active",
    stateTransitionTime: at,
    spec,
    next: firstDue(spec.schedule, now),
    runs: 0,
    ...sharedPool(ctx, spec.jobSpecification),
  };
  const ref = { scheduleId: schedule.id, uid: schedule.uid };
  const key = ctx.keys.schedule(spec.id);
  await lookAfterChange(ctx, ref);
  const inserted = await ctx.store.write({ kind: "insert", item: toItem(key, schedule) });
  if (!inserted.ok) {
    const existing = await ctx.store.get(key);
    throw new Refusal(existing?.state === "deleting" ? "JobScheduleBeingDeleted" : "JobScheduleExists");
  }
  // Looked for after the schedule was written, as a job looks for schedules after it was: of two that come at the same moment, one at least finds the other.
  if (await ctx.store.get(ctx.keys.job(spec.id))) {
    await ctx.store.write({ kind: "delete", key, when: { equals: { uid: schedule.uid } } });
    throw new Refusal("JobWithSameIdExists");
  }
  await lookSoon(ctx, ref);
  return schedule;
}

/** The id of the pool that all jobs of the specification share, where they do. */
export function sharedPool(ctx: Context, { poolInfo }: JobProperties): Pick<Schedule, "autoPoolId"> {
  const { autoPoolSpecification } = poolInfo;
  return autoPoolSpecification && sharesAutoPool(poolInfo) ? { autoPoolId: autoPoolId(ctx, autoPoolSpecification) } : {};
}

/** Refuses times by which no job could ever start. */
export function refuseOver({ doNotRunAfter }: Recurrence, now: number): void {
  if (doNotRunAfter !== undefined && Date.parse(doNotRunAfter) < now)
    throw invalidProperty("schedule.doNotRunAfter", doNotRunAfter, "The time must be in the future.");
}
