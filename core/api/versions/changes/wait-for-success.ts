import type { VersionChange } from "../change.ts";

/** A node takes tasks only after its start task has succeeded, unless the pool says otherwise; before, only if it said so. */
export const waitForSuccess: VersionChange = {
  since: "2019-08-01.10.0",
  definitions: ["StartTask"],
  up: (doc) => ({ waitForSuccess: false, ...doc }),
};
