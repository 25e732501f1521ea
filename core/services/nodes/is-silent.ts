import type { Node, NodeState } from "../../domain/node.ts";
import type { Context } from "../context.ts";

/** States in which a node need not speak: it has no machine, or one that has not started yet. */
const SILENT: ReadonlySet<NodeState> = new Set(["creating", "deallocated", "unusable", "preempted"]);
/** In these it runs nothing, and speaks more rarely. */
const RARE: ReadonlySet<NodeState> = new Set(["idle", "offline"]);

/** Whether a node has not been heard of for longer than it should. One that has just been given tasks spoke last when it was idle: it has its time from then on. */
export function isSilent({ settings, clock }: Context, node: Node): boolean {
  if (SILENT.has(node.state)) return false;
  const { lostAfterSeconds, idleHeartbeatSeconds = 0 } = settings;
  const limit = lostAfterSeconds + (RARE.has(node.state) ? idleHeartbeatSeconds : 0);
  return clock.now() - Math.max(Date.parse(node.lastSeen), Date.parse(node.stateTransitionTime)) >= limit * 1000;
}
