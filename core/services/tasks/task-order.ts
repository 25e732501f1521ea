import { durationMs } from "../../domain/duration.ts";
import { isContainerName } from "../../domain/file-names.ts";
import type { Job } from "../../domain/job.ts";
import type { OutputFile, ResourceFile } from "../../domain/specs.ts";
import { LONGEST_LIFE_MS, type Task } from "../../domain/task.ts";
import { taskToken } from "../../domain/task-token.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { TaskOrder } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { asksForToken } from "./running-attempt.ts";

/** So long the URLs of a task's files are good. */
const URL_SECONDS = 24 * 3600;
/** Outputs are uploaded when the task ends. */
const OUTPUT_URL_SECONDS = 7 * 24 * 3600;

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
    ...(spec.outputFiles && spec.outputFiles.length > 0 ? { outputFiles: resolveOutputs(ctx, spec.outputFiles) } : {}),
    ...(spec.containerSettings ? { container: spec.containerSettings } : {}),
    ...(job.spec.jobPreparationTask ? { preparation: job.spec.jobPreparationTask.id } : {}),
    ...(task.preparing ? { preparing: true as const } : {}),
    ...(asksForToken(task) ? { token: taskToken({ ...taskRef(task), attempt: task.attempt }, ctx.sign) } : {}),
    ...(spec.userIdentity ? { userIdentity: spec.userIdentity } : {}),
    ...wallClock(task, ctx.clock.now()),
    ...limit("retentionMs", spec.constraints?.retentionTime),
  };
}

/** The task's own limit, or what is left of the life of any task, where that is less. */
function wallClock({ creationTime, spec }: Task, now: number): Pick<TaskOrder, "maxWallClockMs" | "endOfLife"> {
  const own = durationMs(spec.constraints?.maxWallClockTime);
  const left = Math.max(0, Date.parse(creationTime) + LONGEST_LIFE_MS - now);
  return own <= left ? { maxWallClockMs: own } : { maxWallClockMs: left, endOfLife: true };
}

/** A container of the account's own storage becomes a URL that its node can read. */
export function resolveFiles(ctx: Context, files: readonly ResourceFile[]): ResourceFile[] {
  return files.map((file) => {
    const { autoStorageContainerName, ...rest } = file;
    if (autoStorageContainerName === undefined) return file;
    return { ...rest, storageContainerUrl: ctx.files.urlFor(autoStorageContainerName, undefined, ["read", "list"], URL_SECONDS) };
  });
}

/** A container of the account's own storage, named by its URL without a signature, becomes a URL that its node can write to. */
function resolveOutputs(ctx: Context, files: readonly OutputFile[]): OutputFile[] {
  const own = `${ctx.settings.accountUrl}/storage/`;
  return files.map((file) => {
    const url = file.destination.container?.containerUrl ?? "";
    const container = url.slice(own.length).replace(/\/$/, "");
    if (!url.startsWith(own) || !isContainerName(container)) return file;
    const containerUrl = ctx.files.urlFor(container, undefined, ["write"], OUTPUT_URL_SECONDS);
    return { ...file, destination: { container: { ...file.destination.container, containerUrl } } };
  });
}

function limit<N extends string>(name: N, duration: string | undefined): { [P in N]?: number } {
  const ms = durationMs(duration);
  return (Number.isFinite(ms) ? { [name]: ms } : {}) as { [P in N]?: number };
}
