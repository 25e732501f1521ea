import { Refusal } from "../../domain/errors.ts";
import { etagAfter } from "../../domain/etag.ts";
import { attributes, fromItem } from "../../domain/items.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { TaskConstraints } from "../../domain/specs.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import { readOr } from "../change.ts";
import type { Context } from "../context.ts";
import { refuseEnded } from "../jobs/end-job.ts";
import { getJob } from "../jobs/read-jobs.ts";

const TRIES = 8;

/**
 * Gives a task new constraints, all of them; without a retry count it takes its job's. An attempt that runs keeps the wall clock and the retention that it
 * began with; how often it is tried again is decided by the new ones. Refuses TaskCompleted.
 */
export async function updateTask(ctx: Context, jobId: string, taskId: string, given: TaskConstraints, pre?: Preconditions): Promise<Task> {
  const job = await getJob(ctx, jobId);
  refuseEnded(job);
  const key = ctx.keys.task(taskRef({ jobId: job.id, uid: job.uid, id: taskId }));
  const constraints = { ...given, maxTaskRetryCount: given.maxTaskRetryCount ?? job.spec.constraints.maxTaskRetryCount ?? 0 };
  for (let tries = 0; tries < TRIES; tries++) {
    const task = await readOr<Task>(ctx, key, "TaskNotFound");
    checkPreconditions(task, pre, false);
    if (task.state === "completed") throw new Refusal("TaskCompleted");
    const now = ctx.clock.now();
    const changes = { spec: { ...task.spec, constraints }, etag: etagAfter(task.etag, now), lastModified: new Date(now).toISOString() };
    const when = { equals: { state: task.state, attempt: task.attempt, etag: task.etag } };
    const outcome = await ctx.store.write({ kind: "update", key, set: attributes(changes), when });
    if (outcome.ok && outcome.item) return fromItem<Task>(outcome.item);
  }
  throw new Refusal("ServerBusy");
}
