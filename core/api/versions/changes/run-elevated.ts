import { objectAt, type VersionChange } from "../change.ts";

/** Whether a task runs as an administrator became a part of the identity that it runs under. */
export const runElevated: VersionChange = {
  since: "2017-01-01.4.0",
  definitions: ["TaskAddParameter", "CloudTask", "StartTask", "JobManagerTask", "JobPreparationTask", "JobReleaseTask"],
  up: ({ runElevated, ...rest }) => ({ ...rest, userIdentity: { autoUser: { elevationLevel: runElevated ? "admin" : "nonadmin" } } }),
  down: (doc) => ({ ...doc, runElevated: objectAt(objectAt(doc, "userIdentity"), "autoUser").elevationLevel === "admin" }),
};
