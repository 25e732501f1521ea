import { etagOf } from "./etag.ts";
import type { Job } from "./job.ts";
import type { TaskSpec } from "./specs.ts";
import type { Task } from "./task.ts";

/** A task as it is written down first: active, before its first attempt. `more`: what else is known of it. */
export function newTask(now: number, job: Job, spec: TaskSpec, more: Partial<Task> = {}): Task {
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
    ...(job.spec.usesTaskDependencies ? { linked: true as const } : {}),
    ...more,
  };
}

/** A job's manager as a task of the job; undefined where it has none. */
export function managerOf(now: number, job: Job): Task | undefined {
  const { jobManagerTask } = job.spec;
  if (!jobManagerTask) return undefined;
  const { killJobOnCompletion, runExclusive, allowLowPriorityNode, ...spec } = jobManagerTask;
  return newTask(now, job, spec as TaskSpec, {
    manager: { kills: killJobOnCompletion, exclusive: runExclusive, dedicated: !allowLowPriorityNode },
  });
}
