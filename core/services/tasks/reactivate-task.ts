import { Refusal } from "../../domain/errors.ts";
import { poolOf } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { Task } from "../../domain/task.ts";
import { measuresOf } from "../../domain/task-measures.ts";
import { reactivated, takenBack } from "../../domain/task-transitions.ts";
import type { Context } from "../context.ts";
import { announceCounts, Tallies } from "../jobs/counts.ts";
import { refuseEnded } from "../jobs/end-job.ts";
import { endedMeanwhile } from "../jobs/ended-meanwhile.ts";
import { getJob } from "../jobs/read-jobs.ts";
import { ring } from "../ring.ts";
import { changeTask, taskUpdate } from "./change-task.ts";
import { readyEntry } from "./give-back.ts";
import { getTask } from "./read-tasks.ts";
import { noteWaiting, writeReady } from "./ready-list.ts";

/** A completed task that failed is queued again. Refuses TaskNotCompleted and TaskSucceeded, and what the job's own state forbids. */
export async function reactivateTask(ctx: Context, jobId: string, taskId: string, pre?: Preconditions): Promise<Task> {
  const now = ctx.clock.now();
  const check = (task: Task) => {
    checkPreconditions(task, pre, false);
    if (task.state !== "completed") throw new Refusal("TaskNotCompleted");
    if (task.result === "success") throw new Refusal("TaskSucceeded");
  };
  const job = await getJob(ctx, jobId);
  refuseEnded(job);
  const before = await getTask(ctx, jobId, taskId);
  check(before);
  await announceCounts(ctx, { jobId: job.id, uid: job.uid });
  await writeReady(ctx, job, [readyEntry(before)]);
  await noteWaiting(ctx, job);
  let failed = before;
  const task = await changeTask(ctx, jobId, taskId, (found) => {
    check(found);
    failed = found;
    return reactivated(found, now);
  });
  const ended = await endedMeanwhile(ctx, task);
  if (ended) {
    await ctx.store.write(taskUpdate(ctx, task, takenBack(failed)));
    throw ended;
  }
  const tallies = new Tallies();
  tallies.moved(task, "failed", "active", task.spec.requiredSlots);
  tallies.measured(task, measuresOf(task), measuresOf(failed));
  const { retries = 0, waitMs = 0 } = measuresOf(failed);
  tallies.kept(task, { retries, waitMs });
  await Promise.all([tallies.save(ctx), ring(ctx, { pool: { poolId: poolOf(job) } })]);
  return task;
}
