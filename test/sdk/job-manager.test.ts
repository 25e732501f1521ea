import { onStages } from "./on-stages.ts";
import { managersGoFirst, managersMakeTasks } from "./orchestration/job-manager.ts";

/** Job manager tasks. */
onStages((stage) => {
  managersMakeTasks(stage);
  managersGoFirst(stage);
});
