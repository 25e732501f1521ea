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
/** Azure's name for it. */
const NO_QUOTA = "AutoPoolCreationFailedWithQuotaReached";

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
  const made = await addPool(ctx, { ...specification.pool, id: poolId }, ownerOf(job, specification)).catch(refusal);
  // The job may have ended in between, and found no pool to take with it.
  if (!(made instanceof Refusal)) return endIfOver(ctx, made);
  // Somebody else has made it, and perhaps a user deletes it already.
  if (made.code === "PoolExists" || made.code === "PoolBeingDeleted") return;
  if (made.code !== "PoolQuotaReached") throw made;
  const message = `${made.message} Delete a pool, or have the quota raised.`;
  await endJob(ctx, ref, NO_QUOTA, { category: "usererror", code: NO_QUOTA, message });
}

function refusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

function ownerOf(job: Job, { poolLifetimeOption, keepAlive }: AutoPoolSpecification): AutoPoolOwner {
  if (poolLifetimeOption === "jobschedule" && job.schedule)
    return { kind: "schedule", id: job.schedule.scheduleId, uid: job.schedule.uid, keepAlive };
  return { kind: "job", id: job.id, uid: job.uid, keepAlive };
}
