import type { VersionChange } from "../change.ts";

/** A job manager may run on low-priority nodes unless it says otherwise; before, only if it said so. */
export const jobManagerNodes: VersionChange = {
  since: "2018-03-01.6.1",
  definitions: ["JobManagerTask"],
  up: (doc) => ({ allowLowPriorityNode: false, ...doc }),
};
