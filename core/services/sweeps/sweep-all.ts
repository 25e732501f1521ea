import { fromItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Schedule } from "../../domain/schedule.ts";
import type { Context } from "../context.ts";
import { countsOf } from "../jobs/counts.ts";
import { endJob, ringFor } from "../jobs/end-job.ts";
import { armDeadline, deadlineOf } from "../jobs/job-deadline.ts";
import { recountAtRest } from "../jobs/recount-at-rest.ts";
import { everyPage } from "../listing.ts";
import { endIfOver } from "../pools/end-auto-pool.ts";
import { ensureAutoPool } from "../pools/ensure-auto-pool.ts";
import { ring } from "../ring.ts";
import { lookAtSchedule } from "../schedules/look-at-schedule.ts";
import { forgetUsage } from "../stats/pool-usage.ts";
import { readRolled, rollUpJob } from "../stats/roll-up-job.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { ensureTimer } from "./pool-timer.ts";
import { checkPool } from "./sweep-pool.ts";

/**
 * The rare sweep of everything, and the first act of a server that starts: every hint that may have been lost is made again from the items, so that
 * each pool and each job that is not at rest is looked at once more. `started`: all queues are empty, so no timer is alive.
 */
export async function sweepAll(ctx: Context, started = false): Promise<void> {
  for await (const page of everyPage(ctx, ctx.keys.pools())) {
    for (const item of page) await sweepOnePool(ctx, fromItem<Pool>(item), started);
  }
  for await (const page of everyPage(ctx, ctx.keys.jobs())) {
    for (const item of page) await sweepJob(ctx, fromItem<Job>(item), started);
  }
  for await (const page of everyPage(ctx, ctx.keys.schedules())) {
    for (const item of page) await sweepSchedule(ctx, fromItem<Schedule>(item), started);
  }
  await forgetUsage(ctx);
}

async function sweepOnePool(ctx: Context, pool: Pool, started: boolean): Promise<void> {
  await endIfOver(ctx, pool);
  const resting = await checkPool(ctx, { poolId: pool.id });
  if (!resting) await ensureTimer(ctx, started && pool.sweep ? { ...pool, sweep: { ...pool.sweep, at: 0 } } : pool);
}

async function sweepJob(ctx: Context, job: Job, started: boolean): Promise<void> {
  const ref = { jobId: job.id, uid: job.uid };
  if (job.state === "disabling" || job.state === "terminating" || job.state === "deleting") return ringFor(ctx, job);
  const items = await readRolled(ctx, ref);
  await rollUpJob(ctx, job, items);
  const { verified } = countsOf(items[0]);
  if (!verified) await recountAtRest(ctx, ref, started);
  if (job.state === "completed") return;
  if (started || ctx.clock.now() > deadlineOf(job)) await armDeadline(ctx, job);
  if (await managerIsOver(ctx, job)) return endJob(ctx, ref, "JMComplete");
  if (job.autoPoolId !== undefined) await ensureAutoPool(ctx, ref);
  if (job.state !== "active") return;
  await noteWaiting(ctx, job);
  await ring(ctx, { pool: { poolId: poolOf(job) } });
}

/** Schedules that rest need no look. At the start, when many may be overdue, it is as if each one's timer went off. */
async function sweepSchedule(ctx: Context, schedule: Schedule, started: boolean): Promise<void> {
  if (schedule.state === "completed" || schedule.state === "disabled") return;
  const ref = { scheduleId: schedule.id, uid: schedule.uid };
  if (!started) return lookAtSchedule(ctx, ref);
  await ctx.work.send([{ body: { kind: "look-at-schedule", schedule: ref, at: schedule.timerAt ?? ctx.clock.now() } }]);
}

/** Whether the job was to end with its manager, which has ended. */
async function managerIsOver(ctx: Context, job: Job): Promise<boolean> {
  const { jobManagerTask } = job.spec;
  if (!jobManagerTask?.killJobOnCompletion) return false;
  const manager = await ctx.store.get(ctx.keys.task({ jobId: job.id, uid: job.uid, taskId: jobManagerTask.id }));
  return manager?.state === "completed";
}
