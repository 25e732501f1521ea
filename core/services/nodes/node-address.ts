import { Refusal } from "../../domain/errors.ts";
import { machineIdOf } from "../../domain/node-id.ts";
import type { NodeAddress } from "../../ports/files.ts";
import type { Context } from "../context.ts";
import { getNode } from "./read-nodes.ts";

/** Where the files of a node are asked for; also of one that is gone, while what its start task wrote is kept. Refuses PoolNotFound and NodeNotFound. */
export async function nodeAddress(ctx: Context, poolId: string, nodeId: string): Promise<NodeAddress> {
  try {
    const node = await getNode(ctx, poolId, nodeId);
    return { machineId: node.machineId };
  } catch (error) {
    const machineId = machineIdOf(nodeId);
    if (!(error instanceof Refusal && error.code === "NodeNotFound") || machineId === undefined) throw error;
    if (!(await ctx.nodeFiles.stat({ machineId }, "startup"))) throw error;
    return { machineId };
  }
}
