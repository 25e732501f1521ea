import { Refusal } from "../../domain/errors.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { Task } from "../../domain/task.ts";
import { measuresOf } from "../../domain/task-measures.ts";
import { endedByUser, taskRef } from "../../domain/task-transitions.ts";
import type { Context } from "../context.ts";
import { dropSubtasks } from "../gangs/clear-former.ts";
import { announceCounts, countedAs, Tallies } from "../jobs/counts.ts";
import { endJob } from "../jobs/end-job.ts";
import { getJobRef } from "../jobs/read-jobs.ts";
import { settleIfComplete } from "../jobs/settle-job.ts";
import { changeTask } from "./change-task.ts";
import { stopOnNode } from "./stop-on-node.ts";

/** Ends a task: at once when it waits, as soon as its node confirms when it runs. Refuses TaskCompleted. */
export async function terminateTask(ctx: Context, jobId: string, taskId: string, pre?: Preconditions): Promise<Task> {
  const now = ctx.clock.now();
  let waited = false;
  await announceCounts(ctx, await getJobRef(ctx, jobId));
  const task = await changeTask(ctx, jobId, taskId, (task) => {
    checkPreconditions(task, pre, false);
    if (task.state === "completed") throw new Refusal("TaskCompleted");
    waited = task.state === "active";
    return waited ? endedByUser(task, now) : { stop: "terminate" };
  });
  if (waited) {
    const tallies = new Tallies();
    tallies.moved(task, "active", "failed", task.spec.requiredSlots);
    tallies.measured(task, { waitMs: measuresOf(task).waitMs ?? 0 });
    await settleIfComplete(ctx, await tallies.save(ctx));
    if (task.manager?.kills) await endJob(ctx, task, "JMComplete");
  } else {
    await stopOnNode(ctx, task, "terminate");
  }
  return task;
}

/** Takes a task away with its files; what runs of it is ended. */
export async function deleteTask(ctx: Context, jobId: string, taskId: string, pre?: Preconditions): Promise<void> {
  let gone: Task | undefined;
  await announceCounts(ctx, await getJobRef(ctx, jobId));
  while (!gone) {
    const task = await changeTask(ctx, jobId, taskId, (found) => {
      checkPreconditions(found, pre, false);
      return undefined;
    });
    const key = ctx.keys.task(taskRef(task));
    const outcome = await ctx.store.write({ kind: "delete", key, when: { equals: { state: task.state, attempt: task.attempt } } });
    if (outcome.ok) gone = task;
    else if (outcome.reason === "missing") throw new Refusal("TaskNotFound");
    else gone = undefined;
  }
  const tallies = new Tallies();
  const counted = countedAs(gone);
  tallies.moved(gone, counted, undefined, gone.spec.requiredSlots);
  tallies.measured(gone, {}, measuresOf(gone));
  tallies.kept(gone, measuresOf(gone), counted === "succeeded" || counted === "failed" ? counted : undefined);
  const quiet = await tallies.save(ctx);
  await stopOnNode(ctx, gone, "forget");
  if (gone.spec.multiInstanceSettings) await dropSubtasks(ctx, taskRef(gone));
  await ctx.nodeFiles.forget(taskRef(gone));
  await settleIfComplete(ctx, quiet);
}
