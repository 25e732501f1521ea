import type { Job } from "../../domain/job.ts";
import { readOr } from "../change.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { listPartition } from "../listing.ts";

export function getJob(ctx: Context, jobId: string): Promise<Job> {
  return readOr<Job>(ctx, ctx.keys.job(jobId), "JobNotFound");
}

export function listJobs(ctx: Context, page: PageRequest): Promise<Listing<Job>> {
  return listPartition<Job>(ctx, ctx.keys.jobs(), page);
}
