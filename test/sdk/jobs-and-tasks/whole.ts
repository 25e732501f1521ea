import { tasksAskFor } from "./asked-for.ts";
import { tasksDepend } from "./dependencies.ts";
import { jobsDecide } from "./jobs.ts";
import { tasksHaveLimits } from "./limits.ts";
import type { Stage } from "./stage.ts";

/** All that jobs and tasks do beyond the main job, wherever the service runs. */
export function jobsAndTasks(stage: () => Stage): void {
  tasksDepend(stage);
  tasksHaveLimits(stage);
  jobsDecide(stage);
  tasksAskFor(stage);
}
