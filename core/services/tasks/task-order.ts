import { durationMs } from "../../domain/duration.ts";
import type { Job } from "../../domain/job.ts";
import type { ResourceFile } from "../../domain/specs.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { TaskOrder } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";

/** So long the URLs of a task's files are good. */
const URL_SECONDS = 24 * 3600;

/** All that a node needs to run the current attempt of a task. */
export function taskOrder(ctx: Context, job: Job, task: Task): TaskOrder {
  const { spec } = task;
  const environment = [...(job.spec.commonEnvironmentSettings ?? []), ...(spec.environmentSettings ?? [])];
  return {
    task: taskRef(task),
    attempt: task.attempt,
    slots: spec.requiredSlots,
    commandLine: spec.commandLine,
    ...(environment.length > 0 ? { environment } : {}),
    ...(spec.resourceFiles ? { resourceFiles: resolveFiles(ctx, spec.resourceFiles) } : {}),
    ...(spec.userIdentity ? { userIdentity: spec.userIdentity } : {}),
    ...limit("maxWallClockMs", spec.constraints?.maxWallClockTime),
    ...limit("retentionMs", spec.constraints?.retentionTime),
  };
}

/** A container of the account's own storage becomes a URL that its node can read. */
export function resolveFiles(ctx: Context, files: readonly ResourceFile[]): ResourceFile[] {
  return files.map((file) => {
    const { autoStorageContainerName, ...rest } = file;
    if (autoStorageContainerName === undefined) return file;
    return { ...rest, storageContainerUrl: ctx.files.urlFor(autoStorageContainerName, undefined, ["read", "list"], URL_SECONDS) };
  });
}

function limit<N extends string>(name: N, duration: string | undefined): { [P in N]?: number } {
  const ms = durationMs(duration);
  return (Number.isFinite(ms) ? { [name]: ms } : {}) as { [P in N]?: number };
}
