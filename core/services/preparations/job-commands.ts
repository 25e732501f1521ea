import { durationMs } from "../../domain/duration.ts";
import type { Job } from "../../domain/job.ts";
import type { JobPreparationTask, JobReleaseTask } from "../../domain/specs.ts";
import type { JobCommand, PreparationOrder } from "../../protocol/job-commands.ts";
import type { Context } from "../context.ts";
import { resolveFiles } from "../tasks/task-order.ts";

/** What nodes are told of a job's preparation. */
export function preparationOrder(ctx: Context, job: Job, task: JobPreparationTask): PreparationOrder {
  const { maxWallClockTime, retentionTime, maxTaskRetryCount = 0 } = task.constraints;
  return {
    ...command(ctx, job, task, maxWallClockTime, retentionTime),
    job: { jobId: job.id, uid: job.uid },
    waitForSuccess: task.waitForSuccess,
    rerunAfterReboot: task.rerunOnNodeRebootAfterSuccess,
    maxTaskRetryCount,
  };
}

/** What nodes are told of a job's release; undefined where the job has none. */
export function releaseCommand(ctx: Context, job: Job): JobCommand | undefined {
  const task = job.spec.jobReleaseTask;
  return task && command(ctx, job, task, task.maxWallClockTime, task.retentionTime);
}

function command(
  ctx: Context,
  job: Job,
  task: JobPreparationTask | JobReleaseTask,
  maxWallClockTime: string | undefined,
  retentionTime: string | undefined,
): JobCommand {
  const environment = [...(job.spec.commonEnvironmentSettings ?? []), ...(task.environmentSettings ?? [])];
  const [maxWallClockMs, retentionMs] = [durationMs(maxWallClockTime), durationMs(retentionTime)];
  return {
    id: task.id,
    commandLine: task.commandLine,
    ...(environment.length > 0 && { environment }),
    ...(task.resourceFiles && { resourceFiles: resolveFiles(ctx, task.resourceFiles) }),
    ...(task.containerSettings && { container: task.containerSettings }),
    ...(task.userIdentity && { userIdentity: task.userIdentity }),
    ...(Number.isFinite(maxWallClockMs) && { maxWallClockMs }),
    ...(Number.isFinite(retentionMs) && { retentionMs }),
  };
}
