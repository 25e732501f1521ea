import { invalidProperty, Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import { type Job, type JobChanges, poolOf } from "../../domain/job.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import { same } from "../../domain/same.ts";
import type { JobSpec } from "../../domain/specs.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { refuseEnded, ringFor } from "./end-job.ts";
import { armDeadline } from "./job-deadline.ts";
import { endPoolOf } from "./job-over.ts";

/** Changes what is named; null clears. The pool of a job changes only while it is disabled (JobNotDisabled). */
export async function updateJob(ctx: Context, jobId: string, changes: JobChanges, pre?: Preconditions): Promise<Job> {
  const now = ctx.clock.now();
  let left: Job | undefined;
  const job = await change<Job>(ctx, ctx.keys.job(jobId), "JobNotFound", (job) => {
    checkPreconditions(job, pre, false);
    refuseEnded(job);
    const spec = changed(job.spec, changes);
    refuseOtherAutoPool(job, spec);
    const otherPool = poolOf({ ...job, spec }).toLowerCase() !== poolOf(job).toLowerCase();
    if (otherPool && job.state !== "disabled") throw new Refusal("JobNotDisabled");
    const formerPools = otherPool ? [...new Set([...(job.formerPools ?? []), poolOf(job)])] : job.formerPools;
    left = otherPool ? job : undefined;
    return {
      ...touch(job, now),
      spec,
      ...(formerPools ? { formerPools } : {}),
      ...(otherPool ? { autoPoolId: undefined } : {}),
    };
  });
  if (left) await endPoolOf(ctx, left);
  await noteWaiting(ctx, job);
  await ring(ctx, { pool: { poolId: poolOf(job) } });
  if (job.spec.onAllTasksComplete === "terminatejob") await ringFor(ctx, job);
  if ("constraints" in changes) await armDeadline(ctx, job);
  return job;
}

/** A job's own pool is what it was asked to be when the job was added; it may be left for another, and be kept alive or not. */
function refuseOtherAutoPool({ spec: before }: Job, after: JobSpec): void {
  const { autoPoolSpecification: wanted } = after.poolInfo;
  if (!wanted) return;
  const given = before.poolInfo.autoPoolSpecification;
  const keepAlive = given?.poolLifetimeOption === "job" ? wanted.keepAlive : given?.keepAlive;
  if (same({ ...given, keepAlive }, wanted)) return;
  const path = "poolInfo.autoPoolSpecification";
  throw invalidProperty(path, "", "Of a job's own pool, only keepAlive can be changed, and that only where its lifetime is the job's.");
}

function changed(spec: JobSpec, changes: JobChanges): JobSpec {
  const result: Record<string, unknown> = { ...spec };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete result[name];
    else result[name] = value;
  }
  return result as JobSpec;
}
