import { UNLIMITED } from "../../../domain/duration.ts";
import { objectAt, type VersionChange } from "../change.ts";

const since = "2018-12-01.8.0";

/** A task's directory is kept for seven days unless it says otherwise; before, for as long as its node. */
export const retentionTime: VersionChange = {
  since,
  definitions: ["TaskAddParameter", "TaskUpdateParameter", "JobManagerTask", "JobPreparationTask"],
  up: (doc) => ({ ...doc, constraints: { retentionTime: UNLIMITED, ...objectAt(doc, "constraints") } }),
};

export const releaseRetentionTime: VersionChange = {
  since,
  definitions: ["JobReleaseTask"],
  up: (doc) => ({ retentionTime: UNLIMITED, ...doc }),
};
