import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import { type Job, type JobChanges, poolOf } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { JobSpec } from "../../domain/specs.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { refuseEnded, ringFor } from "./end-job.ts";
import { armDeadline } from "./job-deadline.ts";

/** Changes what is named; null clears. The pool of a job changes only while it is disabled (JobNotDisabled). */
export async function updateJob(ctx: Context, jobId: string, changes: JobChanges, pre?: Preconditions): Promise<Job> {
  const now = ctx.clock.now();
  const job = await change<Job>(ctx, ctx.keys.job(jobId), "JobNotFound", (job) => {
    checkPreconditions(job, pre, false);
    refuseEnded(job);
    const spec = changed(job.spec, changes);
    const otherPool = poolOf({ ...job, spec }).toLowerCase() !== poolOf(job).toLowerCase();
    if (otherPool && job.state !== "disabled") throw new Refusal("JobNotDisabled");
    const formerPools = otherPool ? [...new Set([...(job.formerPools ?? []), poolOf(job)])] : job.formerPools;
    return { ...touch(job, now), spec, ...(formerPools ? { formerPools } : {}) };
  });
  await noteWaiting(ctx, job);
  await ring(ctx, { pool: { poolId: poolOf(job) } });
  if (job.spec.onAllTasksComplete === "terminatejob") await ringFor(ctx, job);
  if ("constraints" in changes) await armDeadline(ctx, job);
  return job;
}

function changed(spec: JobSpec, changes: JobChanges): JobSpec {
  const result: Record<string, unknown> = { ...spec };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete result[name];
    else result[name] = value;
  }
  return result as JobSpec;
}
