import { objectAt, type VersionChange } from "../change.ts";

/** The counts of a job's tasks got company: the counts of their slots. The first versions also said how far they trusted them. */
export const taskCounts: VersionChange = {
  since: "2020-09-01.12.0",
  definitions: ["TaskCountsResult"],
  down: (doc) => ({ ...objectAt(doc, "taskCounts"), validationStatus: "validated" }),
};
