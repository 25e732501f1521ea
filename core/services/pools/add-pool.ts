import { Refusal } from "../../domain/errors.ts";
import { etagOf } from "../../domain/etag.ts";
import { toItem } from "../../domain/items.ts";
import type { AutoPoolOwner, Pool } from "../../domain/pool.ts";
import type { PoolSpec } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { resizeDeadline } from "./resize-pool.ts";

/**
 * Adds a pool; its nodes come afterwards. `of`: the job or schedule that it is made for. Refuses PoolExists, or PoolBeingDeleted where the old one is not
 * gone yet, and PoolQuotaReached.
 */
export async function addPool(ctx: Context, spec: PoolSpec, of?: AutoPoolOwner): Promise<Pool> {
  await refuseOverQuota(ctx);
  const now = ctx.clock.now();
  const at = new Date(now).toISOString();
  const resizing = spec.targetDedicatedNodes + spec.targetLowPriorityNodes > 0;
  const pool: Pool = {
    id: spec.id,
    rev: 1,
    etag: etagOf(now, 1),
    creationTime: at,
    lastModified: at,
    state: "active",
    stateTransitionTime: at,
    allocationState: resizing ? "resizing" : "steady",
    allocationStateTransitionTime: at,
    spec,
    ...(of ? { autoPoolOf: of } : {}),
    currentDedicatedNodes: 0,
    currentLowPriorityNodes: 0,
    ...(resizing ? { resize: { deadline: resizeDeadline(now, spec.resizeTimeout), deallocation: "requeue" as const } } : {}),
  };
  const outcome = await ctx.store.write({ kind: "insert", item: toItem(ctx.keys.pool(spec.id), pool) });
  if (!outcome.ok) {
    const existing = await ctx.store.get(ctx.keys.pool(spec.id));
    throw new Refusal(existing?.state === "deleting" ? "PoolBeingDeleted" : "PoolExists");
  }
  await ring(ctx, { pool: { poolId: pool.id }, fit: true });
  return pool;
}

/** Two pools that are added at the same moment may exceed the quota by one: it guards against floods, not against that. */
async function refuseOverQuota(ctx: Context): Promise<void> {
  const { poolQuota } = ctx.settings;
  if (poolQuota === undefined) return;
  const page = await ctx.store.query({ ...ctx.keys.pools(), limit: poolQuota });
  if (page.items.length >= poolQuota) throw new Refusal("PoolQuotaReached", { Quota: String(poolQuota) });
}
