import { durationMs, UNLIMITED } from "../../domain/duration.ts";
import { invalidProperty } from "../../domain/errors.ts";
import type { JobPreparationTask, JobReleaseTask } from "../../domain/specs.ts";
import { completeCommand } from "./command-rules.ts";
import { checkId, checkRetryCount, checkTimeLimit } from "./ranges.ts";

const DEFAULT_RETENTION = "P7D";
const LONGEST_RELEASE = "PT15M";

/** What a job, or the jobs of a schedule, ask for beside their tasks, as a body has it. */
interface Given {
  readonly jobManagerTask?: { readonly id?: string };
  readonly jobPreparationTask?: Partial<JobPreparationTask>;
  readonly jobReleaseTask?: Partial<JobReleaseTask>;
}

/**
 * The preparation and the release that a body asks for, complete with defaults; those that it does not ask for are absent. Throws InvalidPropertyValue
 * and MissingRequiredProperty.
 */
export function preparationAndRelease({ jobManagerTask, jobPreparationTask, jobReleaseTask }: Given): {
  readonly jobPreparationTask?: JobPreparationTask;
  readonly jobReleaseTask?: JobReleaseTask;
} {
  const preparation = jobPreparationTask && preparationTask(jobPreparationTask);
  const release = jobReleaseTask && releaseTask(jobReleaseTask);
  if (release && !preparation)
    throw invalidProperty("jobReleaseTask.id", release.id, "A job with a jobReleaseTask must have a jobPreparationTask too.");
  refuseSameId("jobReleaseTask.id", release?.id, preparation?.id, "jobPreparationTask");
  refuseSameId("jobManagerTask.id", jobManagerTask?.id, preparation?.id, "jobPreparationTask");
  refuseSameId("jobManagerTask.id", jobManagerTask?.id, release?.id, "jobReleaseTask");
  return { ...(preparation && { jobPreparationTask: preparation }), ...(release && { jobReleaseTask: release }) };
}

function refuseSameId(path: string, id: string | undefined, taken: string | undefined, by: string): void {
  if (id !== undefined && id.toLowerCase() === taken?.toLowerCase()) throw invalidProperty(path, id, `The job's ${by} has this id.`);
}

function preparationTask(given: Partial<JobPreparationTask>): JobPreparationTask {
  const { id = "jobpreparation", commandLine = "", constraints } = given;
  checkId(id, "jobPreparationTask.id");
  checkTimeLimit(constraints?.maxWallClockTime, "jobPreparationTask.constraints.maxWallClockTime");
  checkRetryCount(constraints?.maxTaskRetryCount, "jobPreparationTask.constraints.maxTaskRetryCount");
  const task = {
    waitForSuccess: true,
    rerunOnNodeRebootAfterSuccess: true,
    ...given,
    id,
    commandLine,
    constraints: { maxWallClockTime: UNLIMITED, retentionTime: DEFAULT_RETENTION, maxTaskRetryCount: 0, ...constraints },
  };
  return completeCommand(task, "jobPreparationTask.");
}

function releaseTask(given: Partial<JobReleaseTask>): JobReleaseTask {
  const { id = "jobrelease", commandLine = "", maxWallClockTime = LONGEST_RELEASE } = given;
  checkId(id, "jobReleaseTask.id");
  checkTimeLimit(maxWallClockTime, "jobReleaseTask.maxWallClockTime");
  if (durationMs(maxWallClockTime) > durationMs(LONGEST_RELEASE))
    throw invalidProperty("jobReleaseTask.maxWallClockTime", maxWallClockTime, `The value must be at most ${LONGEST_RELEASE}.`);
  return completeCommand({ retentionTime: DEFAULT_RETENTION, ...given, id, commandLine, maxWallClockTime }, "jobReleaseTask.");
}
