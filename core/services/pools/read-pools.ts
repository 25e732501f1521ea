import type { Pool } from "../../domain/pool.ts";
import { readOr } from "../change.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { listPartition } from "../listing.ts";

export function getPool(ctx: Context, poolId: string): Promise<Pool> {
  return readOr<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound");
}

export function listPools(ctx: Context, page: PageRequest): Promise<Listing<Pool>> {
  return listPartition<Pool>(ctx, ctx.keys.pools(), page);
}
