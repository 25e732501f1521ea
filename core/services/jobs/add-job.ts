import { Refusal } from "../../domain/errors.ts";
import { toItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { JobSpec } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { beginJob, newJob, takeBack, writeAhead } from "./new-job.ts";

/**
 * Adds a job, active at once; its pool need not exist yet. Refuses JobExists, or JobBeingDeleted where the old one is not gone yet, and
 * JobScheduleWithSameIdExists.
 */
export async function addJob(ctx: Context, spec: JobSpec): Promise<Job> {
  const job = newJob(ctx, spec);
  const key = ctx.keys.job(job.id);
  // Before much is written ahead, a look is worth it.
  if (spec.jobManagerTask) await refuseExisting(ctx, job.id);
  await writeAhead(ctx, job);
  const inserted = await ctx.store.write({ kind: "insert", item: toItem(key, job) });
  if (!inserted.ok) {
    await takeBack(ctx, job);
    await refuseExisting(ctx, job.id);
    throw new Refusal("JobExists");
  }
  // Looked for after the job was written, as a schedule looks for jobs after it was: of two that come at the same moment, one at least finds the other.
  if (await ctx.store.get(ctx.keys.schedule(job.id))) {
    await ctx.store.write({ kind: "delete", key, when: { equals: { uid: job.uid } } });
    await takeBack(ctx, job);
    throw new Refusal("JobScheduleWithSameIdExists");
  }
  await beginJob(ctx, job);
  return job;
}

async function refuseExisting(ctx: Context, jobId: string): Promise<void> {
  const existing = await ctx.store.get(ctx.keys.job(jobId));
  if (existing) throw new Refusal(existing.state === "deleting" ? "JobBeingDeleted" : "JobExists");
}
