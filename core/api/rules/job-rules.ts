import { UNLIMITED } from "../../domain/duration.ts";
import { invalidProperty } from "../../domain/errors.ts";
import type { DisableTasks, JobChanges } from "../../domain/job.ts";
import type { JobConstraints, JobProperties, JobSpec } from "../../domain/specs.ts";
import { environment } from "./command-rules.ts";
import { managerTask } from "./manager-rules.ts";
import { refuseNotYet } from "./not-yet.ts";
import { checkOwnLifetime, poolInfo } from "./pool-info-rules.ts";
import { preparationAndRelease } from "./preparation-rules.ts";
import { checkDisplayName, checkId, checkRange, checkRetryCount, checkTimeLimit } from "./ranges.ts";

const MAX_PRIORITY = 1000;
const MAX_REASON = 1024;

type Changeable = Partial<JobSpec> & { readonly maxParallelTasks?: number };
type JobBody = Pick<JobSpec, "id"> & Changeable & { readonly displayName?: string };

/** What a PUT sets back when it leaves it out. The pool it must always name; other properties it cannot change. */
const UPDATE_DEFAULTS: JobChanges = {
  priority: 0,
  maxParallelTasks: -1,
  allowTaskPreemption: false,
  onAllTasksComplete: "noaction",
  metadata: null,
};

/**
 * The job that a JobAddParameter body (as parseBody gives it) asks for, complete with defaults. Throws InvalidPropertyValue,
 * MissingRequiredProperty, or NotImplemented.
 */
export function jobSpec(body: Record<string, unknown>): JobSpec {
  const { id, ...given } = body as unknown as JobBody;
  checkId(id, "id");
  const properties = jobProperties(given);
  checkOwnLifetime(properties.poolInfo);
  return { id, ...properties };
}

/** All of a job but its id, checked and complete with defaults. Throws as {@link jobSpec}. */
export function jobProperties(body: Record<string, unknown>): JobProperties {
  const given = body as unknown as JobBody;
  checkDisplayName(given.displayName, "displayName");
  checkChangeable(given);
  const settings = given.commonEnvironmentSettings;
  return {
    priority: 0,
    maxParallelTasks: -1,
    allowTaskPreemption: false,
    onAllTasksComplete: "noaction",
    onTaskFailure: "noaction",
    usesTaskDependencies: false,
    ...given,
    poolInfo: poolInfo(given.poolInfo),
    constraints: constraints(given.constraints),
    ...(given.jobManagerTask && { jobManagerTask: managerTask(given.jobManagerTask) }),
    ...preparationAndRelease(given),
    ...(settings && { commonEnvironmentSettings: environment(settings, "commonEnvironmentSettings") }),
  };
}

/** The changes that a JobPatchParameter body asks for: what it names, each object as a whole. Throws as {@link jobSpec}. */
export function jobPatch(body: Record<string, unknown>): JobChanges {
  const given = body as unknown as Changeable;
  checkChangeable(given);
  return {
    ...given,
    ...(given.poolInfo && { poolInfo: poolInfo(given.poolInfo) }),
    ...(given.constraints && { constraints: constraints(given.constraints) }),
  };
}

/** The changes that a JobUpdateParameter body asks for: what it leaves out is set back. Throws as {@link jobSpec}. */
export function jobUpdate(body: Record<string, unknown>): JobChanges {
  const given = body as unknown as Changeable;
  checkChangeable(given);
  return { ...UPDATE_DEFAULTS, ...given, poolInfo: poolInfo(given.poolInfo), constraints: constraints(given.constraints) };
}

/** What a JobDisableParameter body wants done with the job's running tasks. */
export function disableRequest(body: Record<string, unknown>): DisableTasks {
  return body.disableTasks as DisableTasks;
}

/** The reason that a JobTerminateParameter body gives, where there is a body and it gives one. */
export function terminateReason(body: Record<string, unknown> | undefined): string | undefined {
  const reason = body?.terminateReason as string | undefined;
  if (reason !== undefined && reason.length > MAX_REASON) {
    throw invalidProperty("terminateReason", reason, `The value must be at most ${MAX_REASON} characters.`);
  }
  return reason;
}

function checkChangeable(given: { readonly priority?: number; readonly maxParallelTasks?: number }): void {
  checkRange(given.priority, "priority", -MAX_PRIORITY, MAX_PRIORITY);
  const parallel = given.maxParallelTasks;
  if (parallel !== undefined && parallel !== -1 && parallel < 1) {
    throw invalidProperty("maxParallelTasks", parallel, "The value must be -1 (no limit), 1 or greater.");
  }
  refuseNotYet("job", given);
}

function constraints(given: JobConstraints | undefined): JobConstraints {
  checkTimeLimit(given?.maxWallClockTime, "constraints.maxWallClockTime");
  checkRetryCount(given?.maxTaskRetryCount, "constraints.maxTaskRetryCount");
  return { maxWallClockTime: UNLIMITED, maxTaskRetryCount: 0, ...given };
}
