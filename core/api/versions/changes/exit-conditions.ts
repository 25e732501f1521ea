import { renamed, type VersionChange } from "../change.ts";

/** What to do when a task could not be started: named after the cause, then after the phase. */
export const preProcessingError: VersionChange = {
  since: "2017-05-01.5.0",
  definitions: ["ExitConditions"],
  up: (doc) => renamed(doc, "schedulingError", "preProcessingError"),
  down: (doc) => renamed(doc, "preProcessingError", "schedulingError"),
};
