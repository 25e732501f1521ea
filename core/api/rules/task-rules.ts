import { UNLIMITED } from "../../domain/duration.ts";
import type { TaskConstraints, TaskSpec } from "../../domain/specs.ts";
import { completeCommand } from "./command-rules.ts";
import { checkDependencies, checkExitConditions } from "./dependency-rules.ts";
import { completeMultiInstance } from "./multi-instance-rules.ts";
import { refuseNotYet } from "./not-yet.ts";
import { checkOutputFiles } from "./output-file-rules.ts";
import { checkDisplayName, checkId, checkRetryCount, checkSlots, checkTimeLimit } from "./ranges.ts";

const DEFAULT_RETENTION = "P7D";

type TaskBody = Pick<TaskSpec, "id" | "commandLine"> & Partial<TaskSpec> & { readonly displayName?: string };

/**
 * The task that a TaskAddParameter body (as parseBody gives it) asks for, complete with defaults; without a retry count where the body
 * has none, as that is the job's to give. Throws InvalidPropertyValue, MissingRequiredProperty, or NotImplemented.
 */
export function taskSpec(body: Record<string, unknown>): TaskSpec {
  const given = body as unknown as TaskBody;
  checkId(given.id, "id");
  checkDisplayName(given.displayName, "displayName");
  checkSlots(given.requiredSlots, "requiredSlots");
  refuseNotYet("task", given);
  checkOutputFiles(given.outputFiles);
  checkDependencies(given.dependsOn);
  checkExitConditions(given.exitConditions);
  const multiInstanceSettings = completeMultiInstance(given.multiInstanceSettings, given);
  return completeCommand(
    { requiredSlots: 1, ...given, ...(multiInstanceSettings && { multiInstanceSettings }), constraints: constraints(given.constraints) },
    "",
  );
}

/** The constraints that a TaskUpdateParameter body sets: all of them, those that it leaves out to their defaults. */
export function taskConstraintsUpdate(body: Record<string, unknown>): TaskConstraints {
  return constraints(body.constraints as TaskConstraints | undefined);
}

function constraints(given: TaskConstraints | undefined): TaskConstraints {
  checkTimeLimit(given?.maxWallClockTime, "constraints.maxWallClockTime");
  checkRetryCount(given?.maxTaskRetryCount, "constraints.maxTaskRetryCount");
  return { maxWallClockTime: UNLIMITED, retentionTime: DEFAULT_RETENTION, ...given };
}
