import { isOverdue } from "../../../domain/exit-conditions.ts";
import type { FailureInfo } from "../../../domain/specs.ts";
import { type Doc, objectAt, type VersionChange } from "../change.ts";

/** 0xC000013A in 32 bits: what a task that was ended by its wall clock exited with. */
const CONTROL_C_EXIT = 0xc000013a | 0;

/**
 * How an execution failed: `schedulingError` became `failureInfo` and `result`. The older form spoke only of what the service could not
 * or would no longer run, so that a command's own exit code was no error; and it blamed the service for ending a task.
 */
export const failureInfo: VersionChange = {
  since: "2017-05-01.5.0",
  definitions: [
    "TaskExecutionInformation",
    "StartTaskInformation",
    "SubtaskInformation",
    "JobPreparationTaskExecutionInformation",
    "JobReleaseTaskExecutionInformation",
  ],
  down: (doc) => {
    if (doc.failureInfo === undefined) return doc;
    const failure = objectAt(doc, "failureInfo");
    if (failure.code === "FailureExitCode") return doc;
    const overdue = isOverdue(failure as unknown as FailureInfo) ? { exitCode: CONTROL_C_EXIT } : {};
    return { ...doc, ...overdue, schedulingError: schedulingError(failure) };
  },
};

function schedulingError(failure: Doc): Doc {
  return failure.code === "TaskEnded" ? { ...failure, category: "servererror" } : failure;
}
