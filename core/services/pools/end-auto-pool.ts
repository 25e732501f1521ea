import { fromItem } from "../../domain/items.ts";
import { poolOf } from "../../domain/job.ts";
import type { AutoPoolOwner, Pool } from "../../domain/pool.ts";
import type { Schedule } from "../../domain/schedule.ts";
import type { PoolInfo } from "../../domain/specs.ts";
import { changeIfThere } from "../change.ts";
import type { Context } from "../context.ts";
import { currentJob } from "../jobs/current-job.ts";
import { ring } from "../ring.ts";
import { deletion } from "./delete-pool.ts";

/**
 * The end of a pool with that of the job or schedule that it was made for: it is deleted, or left to the user where it is to be kept alive. Nothing happens to
 * a pool that was not made for this one, or is none any more. May be repeated. `keepAlive`: the last word of the owner, where it has one.
 */
export async function endAutoPool(ctx: Context, poolId: string, ownerUid: string, keepAlive?: boolean): Promise<void> {
  const now = ctx.clock.now();
  const pool = await changeIfThere<Pool>(ctx, ctx.keys.pool(poolId), (pool) => {
    if (pool.autoPoolOf?.uid !== ownerUid || pool.state === "deleting") return undefined;
    return (keepAlive ?? pool.autoPoolOf.keepAlive) ? { autoPoolOf: undefined } : deletion(pool, now);
  });
  if (pool?.state === "deleting") await ring(ctx, { pool: { poolId: pool.id }, fit: true });
}

/** Ends a pool that was made for a job or a schedule which has no use for it any more, whatever kept its end from being done in time. */
export async function endIfOver(ctx: Context, pool: Pool): Promise<void> {
  const owner = pool.autoPoolOf;
  if (!owner || pool.state === "deleting") return;
  const { over, keepAlive } = await (owner.kind === "job" ? jobsUse(ctx, pool, owner) : schedulesUse(ctx, pool, owner));
  if (over) await endAutoPool(ctx, pool.id, owner.uid, keepAlive);
}

interface Use {
  readonly over: boolean;
  readonly keepAlive?: boolean | undefined;
}

async function jobsUse(ctx: Context, pool: Pool, owner: AutoPoolOwner): Promise<Use> {
  const job = await currentJob(ctx, { jobId: owner.id, uid: owner.uid });
  if (!job || poolOf(job).toLowerCase() !== pool.id.toLowerCase()) return { over: true };
  return { over: job.state === "completed", keepAlive: keepsAlive(job.spec) };
}

async function schedulesUse(ctx: Context, pool: Pool, owner: AutoPoolOwner): Promise<Use> {
  const item = await ctx.store.get(ctx.keys.schedule(owner.id));
  const schedule = item && fromItem<Schedule>(item);
  if (schedule?.uid !== owner.uid) return { over: true };
  if (schedule.formerPools?.includes(pool.id)) return { over: schedule.state === "completed" };
  if (schedule.autoPoolId !== pool.id) return { over: true };
  return { over: schedule.state === "completed", keepAlive: keepsAlive(schedule.spec.jobSpecification) };
}

function keepsAlive({ poolInfo }: { readonly poolInfo: PoolInfo }): boolean | undefined {
  return poolInfo.autoPoolSpecification?.keepAlive;
}
