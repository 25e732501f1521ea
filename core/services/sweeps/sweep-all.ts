import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Context } from "../context.ts";
import { ringFor } from "../jobs/end-job.ts";
import { armDeadline } from "../jobs/job-deadline.ts";
import { everyPage } from "../listing.ts";
import { ring } from "../ring.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { checkPool } from "./sweep-pool.ts";

/**
 * The rare sweep of everything, and the first act of a server that starts: every hint that may have been lost is made again from the items, so that
 * each pool and each job that is not at rest is looked at once more.
 */
export async function sweepAll(ctx: Context): Promise<void> {
  for await (const page of everyPage(ctx, ctx.keys.pools())) {
    for (const item of page) {
      const pool = { poolId: fromItem<Pool>(item).id };
      await checkPool(ctx, pool);
      await ctx.work.send([{ body: { kind: "sweep-pool", pool }, delaySeconds: ctx.settings.sweepSeconds }]);
    }
  }
  for await (const page of everyPage(ctx, ctx.keys.jobs())) {
    for (const item of page) await sweepJob(ctx, fromItem<Job>(item));
  }
}

async function sweepJob(ctx: Context, job: Job): Promise<void> {
  const ref = { jobId: job.id, uid: job.uid };
  if (job.state === "completed") return;
  if (job.state === "disabling" || job.state === "terminating" || job.state === "deleting") return ringFor(ctx, job);
  await armDeadline(ctx, job);
  await ctx.work.send([{ body: { kind: "recount-job", job: ref } }]);
  if (job.state !== "active") return;
  await noteWaiting(ctx, job);
  await ring(ctx, { pool: { poolId: job.spec.poolInfo.poolId } });
}
