import type { Refusal } from "../../domain/errors.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Context } from "../context.ts";
import { currentJob } from "./current-job.ts";
import { endedRefusal } from "./end-job.ts";

/**
 * To be asked after tasks of a job were made to wait: why they may not, where the job ended with what seemed its last task meanwhile. They are to be taken back
 * then, and their request refused, as if it had come a moment later.
 */
export async function endedMeanwhile(ctx: Context, ref: JobRef): Promise<Refusal | undefined> {
  const job = await currentJob(ctx, ref);
  return job?.terminateReason === "AllTasksComplete" ? endedRefusal(job) : undefined;
}
