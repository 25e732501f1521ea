import type { Node, NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";

/** States in which a node need not speak: it has no machine, or one that was taken away. */
const SILENT: ReadonlySet<NodeState> = new Set(["deallocated", "preempted"]);
/** In these its machine is being started, if it is not yet to be: an operation that it was told of waits for its agent. */
const BOOTS: ReadonlySet<NodeState> = new Set(["rebooting", "reimaging", "upgradingos"]);
/** So long a machine may take to start before it is given up; Azure's resize timeout, too, is a quarter of an hour by default. */
const START_S = 15 * 60;
/** In these it runs nothing, and speaks more rarely. */
const RARE: ReadonlySet<NodeState> = new Set(["idle", "offline"]);
/** So many heartbeats late, it is not just a report that is slow. */
const MISSED_HEARTBEATS = 2.5;
/** A node that works, and should be heard of. */
const WORKS: ReadonlySet<NodeState> = new Set(["idle", "running", "offline"]);

/** Whether a node has not been heard of for so long that it is given up. */
export function isSilent(ctx: Context, node: Node): boolean {
  if (SILENT.has(node.state)) return false;
  const boots = node.state === "creating" || (BOOTS.has(node.state) && node.operation === undefined);
  return ctx.clock.now() - overdueSince(ctx, node) >= (boots ? START_S : ctx.settings.lostAfterSeconds) * 1000;
}

/** Whether a node that should work misses its heartbeats: nobody knows what it does. */
export function isUnknown(ctx: Context, node: Node): boolean {
  return WORKS.has(node.state) && ctx.clock.now() - overdueSince(ctx, node) >= MISSED_HEARTBEATS * ctx.settings.heartbeatSeconds * 1000;
}

/**
 * From when on a node's silence counts, in milliseconds since the epoch. One that has just been given tasks spoke last when it was idle: it has its time
 * from then on.
 */
export function overdueSince({ settings }: Context, node: Node): number {
  if (node.state === "unknown" && node.overdueSince !== undefined) return node.overdueSince;
  const rarely = RARE.has(node.state) ? (settings.idleHeartbeatSeconds ?? 0) * 1000 : 0;
  return Math.max(Date.parse(node.lastSeen), Date.parse(node.stateTransitionTime)) + rarely;
}
