import { objectAt, type VersionChange } from "../change.ts";

/** A task runs as a user of the node unless it says otherwise; before, as a user of its own. */
export const autoUserScope: VersionChange = {
  since: "2019-08-01.10.0",
  definitions: ["TaskAddParameter", "StartTask", "JobManagerTask", "JobPreparationTask", "JobReleaseTask"],
  up: (doc) => {
    const identity = objectAt(doc, "userIdentity");
    if (identity.username !== undefined) return doc;
    return { ...doc, userIdentity: { ...identity, autoUser: { scope: "task", ...objectAt(identity, "autoUser") } } };
  },
};
