import { Refusal } from "../../domain/errors.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { AutoPoolOwner } from "../../domain/pool.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { AutoPoolSpecification } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { currentJob } from "../jobs/current-job.ts";
import { endJob } from "../jobs/end-job.ts";
import { addPool } from "./add-pool.ts";
import { endIfOver } from "./end-auto-pool.ts";

/** Whoever is writing the job down has done so by then. */
const LATER_S = 10;

/** Sent before the job is written down: whatever happens to the one who writes it, the pool is looked for. */
export async function ensureAutoPoolLater(ctx: Context, job: Job): Promise<void> {
  await ctx.work.send([{ body: { kind: "ensure-auto-pool", job: { jobId: job.id, uid: job.uid } }, delaySeconds: LATER_S }]);
}

/** Makes the pool of a job that asked for one of its own, or of its schedule, where it is not there; a job whose pool cannot be made ends. */
export async function ensureAutoPool(ctx: Context, ref: JobRef): Promise<void> {
  const job = await currentJob(ctx, ref);
  const specification = job?.spec.poolInfo.autoPoolSpecification;
  if (!job || !specification || ["terminating", "completed", "deleting"].includes(job.state)) return;
  const poolId = poolOf(job);
  if (await ctx.store.get(ctx.keys.pool(poolId))) return;
  try {
    const pool = await addPool(ctx, { ...specification.pool, id: poolId }, ownerOf(job, specification));
    // The job may have ended in between, and found no pool to take with it.
    await endIfOver(ctx, pool);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code !== "PoolQuotaReached") return;
    const code = "AutoPoolCreationFailedWithQuotaReached";
    const message = `${error.message} Delete a pool, or have the quota raised.`;
    await endJob(ctx, ref, code, { category: "usererror", code, message });
  }
}

function ownerOf(job: Job, { poolLifetimeOption, keepAlive }: AutoPoolSpecification): AutoPoolOwner {
  if (poolLifetimeOption === "jobschedule" && job.schedule)
    return { kind: "schedule", id: job.schedule.scheduleId, uid: job.schedule.uid, keepAlive };
  return { kind: "job", id: job.id, uid: job.uid, keepAlive };
}
