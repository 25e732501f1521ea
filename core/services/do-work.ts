import { assertExhaustive } from "../domain/exhaustive.ts";
import type { Work } from "../protocol/messages.ts";
import type { Context } from "./context.ts";
import { goOnReleasing } from "./dependencies/release-dependants.ts";
import { checkDeadline } from "./jobs/job-deadline.ts";
import { purgeJob } from "./jobs/purge-job.ts";
import { recountJob } from "./jobs/recount-job.ts";
import { ring } from "./ring.ts";
import { sweepAll } from "./sweeps/sweep-all.ts";
import { sweepPool } from "./sweeps/sweep-pool.ts";
import { confirmStop } from "./tasks/stop-on-node.ts";

/** Does one piece of later work. Any of it may be done twice. */
export async function doWork(ctx: Context, work: Work): Promise<void> {
  switch (work.kind) {
    case "ring":
      return ring(ctx, work.ring);
    case "purge-job":
      return purgeJob(ctx, work);
    case "confirm-stop":
      return confirmStop(ctx, work);
    case "job-deadline":
      return checkDeadline(ctx, work.job);
    case "recount-job":
      return recountJob(ctx, work.job, work.rev, work.until);
    case "release-dependants":
      return goOnReleasing(ctx, work);
    case "sweep-pool":
      return sweepPool(ctx, work.pool, work.token);
    case "sweep-all":
      return sweepAll(ctx);
    default:
      return assertExhaustive(work);
  }
}
