import { renamed, type VersionChange } from "../change.ts";

/** A node's places for tasks became slots, of which a task may take several. */
export const taskSlots: VersionChange = {
  since: "2020-09-01.12.0",
  definitions: ["PoolAddParameter", "PoolSpecification", "CloudPool"],
  up: (doc) => renamed(doc, "maxTasksPerNode", "taskSlotsPerNode"),
  down: (doc) => renamed(doc, "taskSlotsPerNode", "maxTasksPerNode"),
};
