import { Refusal } from "../../domain/errors.ts";
import type { Node, NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { changeNode, movedTo } from "./change-node.ts";
import { tellDrain, tellResume } from "./drain-node.ts";
import { wrongState } from "./restart-node.ts";

export type DisableSchedulingOption = NonNullable<Node["disabling"]>;

/** In these a node is not, not yet or no more one that could take tasks. */
const NEVER: ReadonlySet<NodeState> = new Set(["creating", "unusable", "leavingpool", "preempted", "deallocating", "deallocated"]);

/** The node takes no more tasks; those that it has are dealt with as `how` says, then it is offline. Refuses NodeAlreadyInTargetSchedulingState, and where the node is none that could take tasks. */
export async function disableScheduling(ctx: Context, poolId: string, nodeId: string, how: DisableSchedulingOption): Promise<Node> {
  const node = await changeNode(ctx, poolId, nodeId, (found) => {
    refuseChange(found, "disabled");
    return { schedulingState: "disabled", disabling: how, order: found.order + 1 };
  });
  // A node that is being restarted is drained already, perhaps in another way.
  if (!node.operation) await tellDrain(ctx, node);
  await ring(ctx, { pool: { poolId: node.poolId }, operate: [{ nodeId: node.id }] });
  return node;
}

/** The node takes tasks again. Refuses NodeAlreadyInTargetSchedulingState, and where the node is none that could take tasks. */
export async function enableScheduling(ctx: Context, poolId: string, nodeId: string): Promise<Node> {
  const now = ctx.clock.now();
  const node = await changeNode(ctx, poolId, nodeId, (found) => {
    refuseChange(found, "enabled");
    const enabled = { schedulingState: "enabled", disabling: undefined, order: found.order + 1 } as const;
    return found.state === "offline" ? { ...enabled, ...movedTo("idle", now) } : enabled;
  });
  if (!node.operation) await tellResume(ctx, node);
  return node;
}

function refuseChange(node: Node, wanted: Node["schedulingState"]): void {
  if (NEVER.has(node.state)) throw wrongState(node, "those of a node that takes tasks");
  if (node.schedulingState === wanted)
    throw new Refusal("NodeAlreadyInTargetSchedulingState", { NodeState: node.state, SchedulingState: wanted });
}
