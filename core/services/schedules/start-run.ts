import { attributes, toItem } from "../../domain/items.ts";
import { type Schedule, scheduledJobId, sharesAutoPool } from "../../domain/schedule.ts";
import type { RunPlan } from "../../scheduling/plan-run.ts";
import type { Context } from "../context.ts";
import { beginJob, newJob, takeBack, writeAhead } from "../jobs/new-job.ts";
import { armTimer } from "./schedule-timer.ts";

/**
 * Starts the schedule's next job. That the schedule has started it and the job itself are written together, or not at all: no crash and no race makes a second
 * job of a run, or loses one. False where the schedule was changed meanwhile. `timerOver`: its timer went off, or was lost.
 */
export async function startRun(
  ctx: Context,
  schedule: Schedule,
  plan: Extract<RunPlan, { kind: "start" }>,
  timerOver: boolean,
): Promise<boolean> {
  const { jobSpecification } = schedule.spec;
  const run = schedule.runs + 1;
  const spec = { ...jobSpecification, id: scheduledJobId(schedule.id, run) };
  const shared = sharesAutoPool(jobSpecification.poolInfo) && schedule.autoPoolId !== undefined;
  const job = newJob(ctx, spec, {
    schedule: { scheduleId: schedule.id, uid: schedule.uid },
    ...(shared ? { autoPoolId: schedule.autoPoolId } : {}),
  });
  await writeAhead(ctx, job);
  const timerAt = plan.next === undefined ? undefined : await armTimer(ctx, schedule, plan.next, timerOver);
  const changes: Partial<Schedule> = {
    runs: run,
    lastDue: plan.due,
    recentJob: { jobId: job.id, uid: job.uid },
    rev: schedule.rev + 1,
    ...(plan.next === undefined ? {} : { next: plan.next }),
    ...(timerAt === undefined ? {} : { timerAt }),
  };
  const { ok } = await ctx.store.transact([
    {
      kind: "update",
      key: ctx.keys.schedule(schedule.id),
      set: attributes(changes),
      remove: plan.next === undefined ? ["next"] : [],
      when: { equals: { rev: schedule.rev, uid: schedule.uid } },
    },
    { kind: "insert", item: toItem(ctx.keys.job(job.id), job) },
  ]);
  if (ok) await beginJob(ctx, job);
  else await takeBack(ctx, job);
  return ok;
}
