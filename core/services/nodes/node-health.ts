/** Nodes that are of no use for now, and come back by themselves: silent ones, and those whose disk is full. What they run goes on; no task goes there. */
import type { Node, NodeError, NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { changeNode, movedTo, type NodeChanges, unlessGone } from "./change-node.ts";
import { overdueSince } from "./is-silent.ts";

const DISK_FULL: NodeError = {
  code: "DiskFull",
  message: "The node's disk is full. Remove files from it, or take the node out of its pool; it takes tasks again when there is room.",
};
const WORKS: ReadonlySet<NodeState> = new Set(["idle", "running", "offline", "unknown"]);

/** What a heartbeat says of how its node is. */
export interface Health {
  readonly boot: number;
  readonly busy: boolean;
  readonly diskFull: boolean;
}

/** Takes a node out of use whose disk is full, and one back that can work again; `node` as it is known now. Writes only what changes. */
export async function recordHealth(ctx: Context, node: Node, health: Health): Promise<void> {
  const now = ctx.clock.now();
  if (!healthChanges(node, health, now)) return;
  const changed = await unlessGone(changeNode(ctx, node.poolId, node.id, (found) => healthChanges(found, health, now)));
  // It is to be offline, when it holds nothing.
  if (changed?.schedulingState === "disabled") await ring(ctx, { pool: { poolId: changed.poolId }, operate: [{ nodeId: changed.id }] });
}

function healthChanges(node: Node, { boot, busy, diskFull }: Health, now: number): NodeChanges | undefined {
  if (node.boot !== boot) return undefined;
  if (diskFull) {
    return WORKS.has(node.state) ? { ...movedTo("unusable", now), errors: [DISK_FULL], overdueSince: undefined } : undefined;
  }
  const wasFull = node.state === "unusable" && node.errors?.some(({ code }) => code === DISK_FULL.code);
  if (!wasFull && node.state !== "unknown") return undefined;
  return { ...movedTo(busy ? "running" : "idle", now), errors: undefined, overdueSince: undefined };
}

/** Shows that nobody knows what a node does, which has not been heard of since it was read. */
export async function markUnknown(ctx: Context, node: Node): Promise<void> {
  const { state, boot, lastSeen, schedulingState } = node;
  await ctx.store.write({
    kind: "update",
    key: ctx.keys.node(node.poolId, node.id),
    set: { ...movedTo("unknown", ctx.clock.now()), overdueSince: overdueSince(ctx, node) },
    when: { equals: { state, boot, lastSeen, schedulingState } },
  });
}
