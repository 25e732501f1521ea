import { assertExhaustive } from "../domain/exhaustive.ts";
import type { Work } from "../protocol/messages.ts";
import type { Context } from "./context.ts";
import { goOnReleasing } from "./dependencies/release-dependants.ts";
import { forgetUnborn } from "./jobs/forget-unborn.ts";
import { checkDeadline } from "./jobs/job-deadline.ts";
import { purgeJob } from "./jobs/purge-job.ts";
import { recountOrAwait } from "./jobs/recount-at-rest.ts";
import { ensureAutoPool } from "./pools/ensure-auto-pool.ts";
import { ring } from "./ring.ts";
import { lookAtSchedule } from "./schedules/look-at-schedule.ts";
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
    case "forget-unborn":
      return forgetUnborn(ctx, work.job, work.poolId);
    case "confirm-stop":
      return confirmStop(ctx, work);
    case "job-deadline":
      return checkDeadline(ctx, work.job);
    case "recount-job":
      return recountOrAwait(ctx, work);
    case "release-dependants":
      return goOnReleasing(ctx, work);
    case "look-at-schedule":
      return lookAtSchedule(ctx, work.schedule, work.at);
    case "ensure-auto-pool":
      return ensureAutoPool(ctx, work.job);
    case "sweep-pool":
      return sweepPool(ctx, work.pool, work.token);
    case "sweep-all":
      return sweepAll(ctx);
    default:
      return assertExhaustive(work);
  }
}
