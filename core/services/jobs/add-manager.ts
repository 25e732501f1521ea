import { toItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { Context } from "../context.ts";
import { readyEntry } from "../tasks/give-back.ts";
import { noteWaiting, writeReady } from "../tasks/ready-list.ts";
import { beginCounts } from "./counts.ts";
import { forgetUnbornLater } from "./forget-unborn.ts";

/**
 * Writes a job's manager down before the job itself, so that no job is ever without it. Its uid is new: until the job is there, nobody looks at what is
 * written here.
 */
export async function addManager(ctx: Context, job: Job, manager: Task): Promise<void> {
  await forgetUnbornLater(ctx, { jobId: job.id, uid: job.uid }, poolOf(job));
  await Promise.all([beginCounts(ctx, manager, manager.spec.requiredSlots), writeReady(ctx, job, [readyEntry(manager)])]);
  await Promise.all([
    ctx.store.write({ kind: "insert", item: toItem(ctx.keys.task(taskRef(manager)), manager) }),
    // A pass that comes between this and the job takes the note away: it is written again behind the job.
    noteWaiting(ctx, job),
  ]);
}
