import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Context } from "../context.ts";

/** The job of this incarnation, if it is still there. */
export async function currentJob(ctx: Context, ref: JobRef): Promise<Job | undefined> {
  const item = await ctx.store.get(ctx.keys.job(ref.jobId));
  const job = item && fromItem<Job>(item);
  return job?.uid === ref.uid ? job : undefined;
}
