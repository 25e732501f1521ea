import { type Doc, objectAt, type VersionChange } from "../change.ts";

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
    return failure.code === "FailureExitCode" ? doc : { ...doc, schedulingError: schedulingError(failure) };
  },
};

function schedulingError(failure: Doc): Doc {
  return failure.code === "TaskEnded" ? { ...failure, category: "servererror" } : failure;
}
