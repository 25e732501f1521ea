import type { Job } from "../../domain/job.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";
import { type JobStats, statsOfCounts } from "./job-measures.ts";

/** A read takes so many keys. */
const AT_ONCE = 100;

/** The statistics of jobs, in order. Reads one item a job, a hundred in a request. */
export async function readJobStats(ctx: Context, jobs: readonly Job[]): Promise<JobStats[]> {
  const pages = slices(jobs, AT_ONCE).map((some) => ctx.store.getMany(some.map((job) => ctx.keys.counts({ jobId: job.id, uid: job.uid }))));
  return (await Promise.all(pages)).flat().map(statsOfCounts);
}
