import type { Job } from "../../domain/job.ts";
import type { Schedule } from "../../domain/schedule.ts";
import type { Context } from "../context.ts";
import { currentJob } from "../jobs/current-job.ts";

/** The schedule's newest job, as long as it has not ended: while there is one, no other starts. */
export async function activeJob(ctx: Context, { recentJob }: Schedule): Promise<Job | undefined> {
  const job = recentJob && (await currentJob(ctx, recentJob));
  return job?.state === "completed" ? undefined : job;
}
