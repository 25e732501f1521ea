import { jobsAndTasks } from "./jobs-and-tasks/whole.ts";
import { onStages } from "./on-stages.ts";

/** Dependencies, limits, priorities, outputs, and why a task waits. */
onStages(jobsAndTasks);
