import { jobsEndByThemselves, nodesFail } from "./endings.ts";
import { filesAreServed } from "./files.ts";
import { jobsCome, jobsGo } from "./jobs.ts";
import { poolsCome, poolsGo, poolsShrink } from "./pools.ts";
import type { Scene } from "./scene.ts";
import { tasksInBulk, tasksRun } from "./tasks.ts";

/** The whole main job, wherever the service runs; the tests of one part go on from those before. */
export function mainJob(scene: () => Scene): void {
  poolsCome(scene);
  jobsCome(scene);
  tasksRun(scene);
  tasksInBulk(scene);
  filesAreServed(scene);
  jobsGo(scene);
  jobsEndByThemselves(scene);
  nodesFail(scene);
  poolsShrink(scene);
  poolsGo(scene);
}
