/**
 * Does whatever a schedule has to do now: starts the job that is due, completes the schedule when nothing can come any more, ends what a terminated one has left.
 * Called by the schedule's timer, when one of its jobs has ended, after each change of it and by the sweep: as often as anybody likes.
 */
import { attributes } from "../../domain/items.ts";
import { moved } from "../../domain/job.ts";
import type { ScheduleRef } from "../../domain/refs.ts";
import type { Schedule } from "../../domain/schedule.ts";
import type { Value } from "../../ports/store.ts";
import { planRun } from "../../scheduling/plan-run.ts";
import type { Context } from "../context.ts";
import { endJob } from "../jobs/end-job.ts";
import { activeJob } from "./active-job.ts";
import { endFormerPools, endPools } from "./end-pools.ts";
import { purgeSchedule } from "./purge-schedule.ts";
import { currentSchedule } from "./read-schedules.ts";
import { armTimer, isReplaced } from "./schedule-timer.ts";
import { startRun } from "./start-run.ts";

/** So often others may change the schedule while it is looked at. */
const TRIES = 8;

/** `at`: the timer that went off, by the time when it was to; none is alive any more, then. */
export async function lookAtSchedule(ctx: Context, ref: ScheduleRef, at?: number): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const schedule = await currentSchedule(ctx, ref);
    if (!schedule || isReplaced(schedule, at)) return;
    if (await lookOnce(ctx, schedule, at !== undefined)) return;
  }
  throw new Error(`the schedule ${ref.scheduleId} changes too often to be looked at`);
}

/** False where it must be looked at again, as somebody else has changed it. */
async function lookOnce(ctx: Context, schedule: Schedule, timerOver: boolean): Promise<boolean> {
  switch (schedule.state) {
    case "active":
      return act(ctx, schedule, timerOver);
    case "terminating":
      return goOnTerminating(ctx, schedule);
    case "deleting":
      await purgeSchedule(ctx, schedule);
      return true;
    case "completed":
      await endPools(ctx, schedule);
      return true;
    case "disabled":
      return true;
  }
}

async function act(ctx: Context, schedule: Schedule, timerOver: boolean): Promise<boolean> {
  const now = ctx.clock.now();
  const busy = (await activeJob(ctx, schedule)) !== undefined;
  if (!busy && schedule.formerPools) {
    await endFormerPools(ctx, schedule);
    await write(ctx, schedule, { formerPools: undefined });
    return false;
  }
  const plan = planRun(schedule.spec.schedule, schedule.next, busy, now);
  switch (plan.kind) {
    case "start":
      return startRun(ctx, schedule, plan, timerOver);
    case "complete":
      return complete(ctx, schedule);
    case "wait": {
      const timerAt = plan.until === undefined ? undefined : await armTimer(ctx, schedule, plan.until, timerOver);
      if (plan.next === schedule.next && timerAt === undefined) return true;
      return write(ctx, schedule, { next: plan.next, ...(timerAt === undefined ? {} : { timerAt }) });
    }
  }
}

async function goOnTerminating(ctx: Context, schedule: Schedule): Promise<boolean> {
  const job = await activeJob(ctx, schedule);
  if (!job) return complete(ctx, schedule);
  await endJob(ctx, { jobId: job.id, uid: job.uid }, "TerminateJobSchedule");
  return true;
}

async function complete(ctx: Context, schedule: Schedule): Promise<boolean> {
  const now = ctx.clock.now();
  const changes = { ...moved(schedule, "completed", now), endTime: new Date(now).toISOString(), next: undefined, timerAt: undefined };
  if (!(await write(ctx, schedule, changes))) return false;
  await endPools(ctx, schedule);
  return true;
}

async function write(
  ctx: Context,
  schedule: Schedule,
  changes: { readonly [P in keyof Schedule]?: Schedule[P] | undefined },
): Promise<boolean> {
  const set: Record<string, Value> = { ...attributes(changes), rev: schedule.rev + 1 };
  const remove = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [name] : []));
  const when = { equals: { rev: schedule.rev, uid: schedule.uid } };
  const outcome = await ctx.store.write({ kind: "update", key: ctx.keys.schedule(schedule.id), set, remove, when });
  return outcome.ok;
}
