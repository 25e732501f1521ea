import { renamed, type VersionChange } from "../change.ts";

/** One number of nodes became two, when low-priority nodes came. The older versions see the dedicated nodes alone. */
export const targetDedicated: VersionChange = {
  since: "2017-05-01.5.0",
  definitions: ["PoolAddParameter", "PoolSpecification", "PoolResizeParameter", "CloudPool"],
  up: (doc) => renamed(doc, "targetDedicated", "targetDedicatedNodes"),
  down: (doc) => renamed(renamed(doc, "targetDedicatedNodes", "targetDedicated"), "currentDedicatedNodes", "currentDedicated"),
};
