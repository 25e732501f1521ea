import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import type { Pool } from "../../domain/pool.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { osVersionOf, withOsVersion } from "./pool-image.ts";
import { refuseResizing } from "./resize-pool.ts";

/**
 * Starts the upgrade of a pool's nodes to another version of their operating system: a few at a time give their tasks back and are installed anew. Refuses
 * PoolNotEligibleForOSVersionUpgrade where the pool is one of virtual machines, PoolVersionEqualsUpgradeVersion, UpgradePoolVersionConflict, and whatever a
 * resize is refused for.
 */
export async function upgradeOs(ctx: Context, poolId: string, osVersion: string, pre?: Preconditions): Promise<Pool> {
  const now = ctx.clock.now();
  const pool = await change<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound", (pool) => {
    checkPreconditions(pool, pre, false);
    refuseResizing(pool);
    const from = osVersionOf(pool.spec);
    const spec = withOsVersion(pool.spec, osVersion);
    if (from === undefined || spec === undefined) {
      throw new Refusal(
        "PoolNotEligibleForOSVersionUpgrade",
        { PoolId: pool.id },
        "Only pools with a cloudServiceConfiguration have an operating system to upgrade. Make a new pool with another image instead.",
      );
    }
    if (from.toLowerCase() === osVersion.toLowerCase()) throw new Refusal("PoolVersionEqualsUpgradeVersion", { TargetOSVersion: from });
    if (pool.upgrade) throw new Refusal("UpgradePoolVersionConflict", { TargetOSVersion: from });
    return { ...touch(pool, now), spec, upgrade: { from }, stateTransitionTime: new Date(now).toISOString() };
  });
  await ring(ctx, { pool: { poolId: pool.id }, fit: true });
  return pool;
}
