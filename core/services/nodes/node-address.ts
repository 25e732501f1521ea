import type { NodeAddress } from "../../ports/files.ts";
import type { Context } from "../context.ts";
import { getNode } from "./read-nodes.ts";

/** Where the files of a node are asked for. Refuses PoolNotFound and NodeNotFound. */
export async function nodeAddress(ctx: Context, poolId: string, nodeId: string): Promise<NodeAddress> {
  const node = await getNode(ctx, poolId, nodeId);
  return { machineId: node.machineId };
}
