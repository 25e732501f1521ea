import { Refusal } from "../../domain/errors.ts";
import { attributes, fromItem } from "../../domain/items.ts";
import type { Node, NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";
import { getNode } from "./read-nodes.ts";

export type NodeChanges = { readonly [P in keyof Node]?: Node[P] | undefined };

const TRIES = 8;

/**
 * Reads, decides, and writes on condition that the node is still in the state, at the start and under the order from which the change was decided; decides
 * anew when it moved on. `decide` may answer nothing: then nothing is written. Refuses PoolNotFound and NodeNotFound.
 */
export async function changeNode(
  ctx: Context,
  poolId: string,
  nodeId: string,
  decide: (node: Node) => NodeChanges | undefined,
): Promise<Node> {
  for (let tries = 0; tries < TRIES; tries++) {
    const node = await getNode(ctx, poolId, nodeId);
    const changes = decide(node);
    if (!changes) return node;
    const { state, order, boot, schedulingState } = node;
    const outcome = await ctx.store.write({
      kind: "update",
      key: ctx.keys.node(poolId, nodeId),
      set: attributes(changes),
      remove: Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [name] : [])),
      when: { equals: { state, order, boot, schedulingState } },
    });
    if (outcome.ok && outcome.item) return fromItem<Node>(outcome.item);
    if (!outcome.ok && outcome.reason === "missing") throw new Refusal("NodeNotFound");
  }
  throw new Refusal("ServerBusy");
}

/** The properties that change when a node goes to another state. */
export function movedTo(state: NodeState, now: number): Pick<Node, "state" | "stateTransitionTime"> {
  return { state, stateTransitionTime: new Date(now).toISOString() };
}

/** The node after a change; undefined where it, or its pool, is gone. */
export async function unlessGone(changed: Promise<Node>): Promise<Node | undefined> {
  try {
    return await changed;
  } catch (error) {
    if (error instanceof Refusal && (error.code === "NodeNotFound" || error.code === "PoolNotFound")) return undefined;
    throw error;
  }
}
