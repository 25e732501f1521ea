/** The words by which a node's agent is told to take no tasks, or tasks again. Each has a number, so that one that comes late changes nothing. */
import type { Node } from "../../domain/node.ts";
import type { Context } from "../context.ts";

/** Tells the node to drain, as its operation or its disabled scheduling asks for. May be told again. */
export async function tellDrain(ctx: Context, node: Node): Promise<void> {
  const how = node.operation?.how ?? node.disabling ?? "requeue";
  await ctx.nodes.send(node.machineId, [{ kind: "drain", how, order: node.order }]);
}

export async function tellResume(ctx: Context, node: Node): Promise<void> {
  await ctx.nodes.send(node.machineId, [{ kind: "resume", order: node.order }]);
}

/** Disabled, and still idle or running: it is to be offline as soon as it runs nothing. */
export function goesOffline(node: Node): boolean {
  return node.schedulingState === "disabled" && (node.state === "idle" || node.state === "running");
}
