import type { Node, NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";

/** States in which a node need not speak: it has no machine, or one that is of no use. */
const SILENT: ReadonlySet<NodeState> = new Set(["deallocated", "unusable", "preempted"]);
/** So long a machine may take to start before it is given up; Azure's resize timeout, too, is a quarter of an hour by default. */
const CREATION_S = 15 * 60;
/** In these it runs nothing, and speaks more rarely. */
const RARE: ReadonlySet<NodeState> = new Set(["idle", "offline"]);

/** Whether a node has not been heard of for longer than it should. One that has just been given tasks spoke last when it was idle: it has its time from then on. */
export function isSilent({ settings, clock }: Context, node: Node): boolean {
  if (SILENT.has(node.state)) return false;
  const { lostAfterSeconds, idleHeartbeatSeconds = 0 } = settings;
  const limit = node.state === "creating" ? CREATION_S : lostAfterSeconds + (RARE.has(node.state) ? idleHeartbeatSeconds : 0);
  return clock.now() - Math.max(Date.parse(node.lastSeen), Date.parse(node.stateTransitionTime)) >= limit * 1000;
}
