import { Refusal } from "../../domain/errors.ts";
import { etagOf } from "../../domain/etag.ts";
import { toItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { TaskSpec } from "../../domain/specs.ts";
import type { Task } from "../../domain/task.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { Tallies } from "../jobs/counts.ts";
import { refuseEnded } from "../jobs/end-job.ts";
import { getJob } from "../jobs/read-jobs.ts";
import { ring } from "../ring.ts";
import { readyEntry } from "./give-back.ts";
import { noteWaiting, writeReady } from "./ready-list.ts";

export type AddOutcome = { readonly task: Task } | { readonly refusal: Refusal };

/** Adds tasks, each by itself: one that is there already is refused (TaskExists) and the others are added. Refuses them all where the job takes none. */
export async function addTasks(ctx: Context, jobId: string, specs: readonly TaskSpec[]): Promise<AddOutcome[]> {
  const job = await getJob(ctx, jobId);
  refuseEnded(job);
  const tasks = specs.map((spec) => newTask(ctx, job, spec));
  // Counted first, and the refused taken off again: whatever cuts this short leaves counts that changed, which a sweep holds against the items.
  const added = new Tallies();
  for (const task of tasks) added.moved(ref(job), undefined, "active", task.spec.requiredSlots);
  await Promise.all([added.save(ctx), writeReady(ctx, job, tasks.map(readyEntry))]);
  const [outcomes] = await Promise.all([
    writeAll(
      ctx,
      tasks.map((task) => ({ kind: "insert", item: toItem(ctx.keys.task({ ...ref(job), taskId: task.id }), task) })),
    ),
    noteWaiting(ctx, job),
  ]);
  const refused = new Tallies();
  const results = tasks.map((task, index): AddOutcome => {
    if (outcomes[index]?.ok) return { task };
    refused.moved(ref(job), "active", undefined, task.spec.requiredSlots);
    return { refusal: new Refusal("TaskExists") };
  });
  await Promise.all([refused.save(ctx), ring(ctx, { pool: { poolId: job.spec.poolInfo.poolId } })]);
  return results;
}

function newTask(ctx: Context, job: Job, spec: TaskSpec): Task {
  const now = ctx.clock.now();
  const at = new Date(now).toISOString();
  return {
    jobId: job.id,
    uid: job.uid,
    id: spec.id,
    etag: etagOf(now, 1),
    creationTime: at,
    lastModified: at,
    state: "active",
    stateTransitionTime: at,
    attempt: 0,
    // A task takes its job's retry count when it has none of its own.
    spec: {
      ...spec,
      constraints: {
        ...spec.constraints,
        maxTaskRetryCount: spec.constraints?.maxTaskRetryCount ?? job.spec.constraints.maxTaskRetryCount ?? 0,
      },
    },
    retryCount: 0,
    requeueCount: 0,
  };
}

function ref(job: Job): { jobId: string; uid: string } {
  return { jobId: job.id, uid: job.uid };
}
