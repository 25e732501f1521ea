import type { Job } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import { readOr } from "../change.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { listPartition } from "../listing.ts";

export function getJob(ctx: Context, jobId: string): Promise<Job> {
  return readOr<Job>(ctx, ctx.keys.job(jobId), "JobNotFound");
}

export function listJobs(ctx: Context, page: PageRequest): Promise<Listing<Job>> {
  return listPartition<Job>(ctx, ctx.keys.jobs(), page);
}

export async function getJobRef(ctx: Context, jobId: string): Promise<JobRef> {
  const job = await getJob(ctx, jobId);
  return { jobId: job.id, uid: job.uid };
}
