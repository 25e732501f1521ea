import type { NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";
import { getNode } from "./read-nodes.ts";
import { wrongState } from "./restart-node.ts";

const SPEAKS: ReadonlySet<NodeState> = new Set([
  "idle",
  "running",
  "offline",
  "starting",
  "waitingforstarttask",
  "starttaskfailed",
  "leavingpool",
  "unusable",
]);

/** Has the node put its agent's log into a container, soon after this. Answers where in it. Refuses where the node has no agent now. */
export async function uploadLog(
  ctx: Context,
  poolId: string,
  nodeId: string,
  containerUrl: string,
): Promise<{ virtualDirectoryName: string; numberOfFilesUploaded: number }> {
  const node = await getNode(ctx, poolId, nodeId);
  if (!SPEAKS.has(node.state)) throw wrongState(node, [...SPEAKS].join(", "));
  const virtualDirectoryName = `${node.poolId}/${node.id}/${ctx.ids.next()}`;
  await ctx.nodes.send(node.machineId, [{ kind: "upload-log", containerUrl, name: `${virtualDirectoryName}/agent.log` }]);
  return { virtualDirectoryName, numberOfFilesUploaded: 1 };
}
