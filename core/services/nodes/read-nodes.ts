import type { Node } from "../../domain/node.ts";
import { readOr } from "../change.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { listPartition } from "../listing.ts";
import { getPool } from "../pools/read-pools.ts";

export async function getNode(ctx: Context, poolId: string, nodeId: string): Promise<Node> {
  const [, node] = await Promise.all([getPool(ctx, poolId), readOr<Node>(ctx, ctx.keys.node(poolId, nodeId), "NodeNotFound")]);
  return node;
}

export async function listNodes(ctx: Context, poolId: string, page: PageRequest): Promise<Listing<Node>> {
  await getPool(ctx, poolId);
  return listPartition<Node>(ctx, ctx.keys.nodes(poolId), page);
}
