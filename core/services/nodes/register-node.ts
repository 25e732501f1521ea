import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import { nodeIdOf } from "../../domain/node-id.ts";
import { type NodeClaims, nodeSecret } from "../../protocol/signed-report.ts";
import type { Context } from "../context.ts";

export interface NodeAccess extends NodeClaims {
  readonly queueUrl: string;
  readonly secret: string;
}

/**
 * Gives a machine that proved its name what it needs to work as its node: a queue and a secret, the same at each of its boots. `machine` is as the fleet
 * knows it; undefined where its node is not written down: it is too early, or the pool no longer wants it.
 */
export async function registerNode(
  ctx: Context,
  machine: NodeClaims,
  means: { readonly key: string; readonly createQueue: (machineId: string) => Promise<string> },
): Promise<NodeAccess | undefined> {
  const item = await ctx.store.get(ctx.keys.node(machine.poolId, nodeIdOf(machine)));
  if (!item) return undefined;
  // As the pool's user spells it, not as the machine's tag does.
  const { machineId, dedicated } = machine;
  const claims = { machineId, poolId: fromItem<Node>(item).poolId, dedicated };
  const queueUrl = await means.createQueue(machineId);
  ctx.log("info", "node registered", { ...claims });
  return { ...claims, queueUrl, secret: nodeSecret(means.key, claims) };
}
