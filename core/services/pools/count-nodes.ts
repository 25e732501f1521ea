import { fromItem } from "../../domain/items.ts";
import type { Node, NodeState } from "../../domain/node.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { everyPage } from "../listing.ts";
import { getPool, listPools } from "./read-pools.ts";

/** Of one pool, how many nodes are in which state. */
export interface PoolNodeCounts {
  readonly poolId: string;
  readonly dedicated: ReadonlyMap<NodeState, number>;
  readonly lowPriority: ReadonlyMap<NodeState, number>;
}

/** A page of pools, each with its nodes counted. Reads every node of these pools. */
export async function listNodeCounts(ctx: Context, page: PageRequest): Promise<Listing<PoolNodeCounts>> {
  const { items, next } = await listPools(ctx, page);
  const counts = await Promise.all(items.map(({ id }) => count(ctx, id)));
  return next === undefined ? { items: counts } : { items: counts, next };
}

export async function countNodes(ctx: Context, poolId: string): Promise<PoolNodeCounts> {
  return count(ctx, (await getPool(ctx, poolId)).id);
}

async function count(ctx: Context, poolId: string): Promise<PoolNodeCounts> {
  const dedicated = new Map<NodeState, number>();
  const lowPriority = new Map<NodeState, number>();
  for await (const nodes of everyPage(ctx, ctx.keys.nodes(poolId), 1000)) {
    for (const item of nodes) {
      const { dedicated: isDedicated, state } = fromItem<Node>(item);
      const counts = isDedicated ? dedicated : lowPriority;
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
  }
  return { poolId, dedicated, lowPriority };
}
