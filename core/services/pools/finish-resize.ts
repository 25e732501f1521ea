import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";

/** Writes down how many nodes the pool has; ends a resize that is done, or whose time is over; takes a deleted pool away with its last node. */
export async function finishResize(ctx: Context, pool: Pool, nodes: readonly Node[]): Promise<void> {
  const key = ctx.keys.pool(pool.id);
  if (pool.state === "deleting" && nodes.length === 0) {
    await ctx.store.write({ kind: "delete", key, when: { equals: { state: "deleting" } } });
    return;
  }
  const now = ctx.clock.now();
  const currentDedicatedNodes = nodes.filter((node) => node.dedicated).length;
  const currentLowPriorityNodes = nodes.length - currentDedicatedNodes;
  await change<Pool>(ctx, key, "PoolNotFound", (found) => {
    const counts = { currentDedicatedNodes, currentLowPriorityNodes };
    const late = found.resize !== undefined && now >= found.resize.deadline;
    const leaving = nodes.some((node) => node.state === "leavingpool");
    // A resize that was asked for while this one was worked on is the next pass's.
    const same = found.allocationStateTransitionTime === pool.allocationStateTransitionTime;
    // Of a resize that was stopped, the nodes that were already told to leave go by themselves.
    const done = late || !leaving || found.allocationState === "stopping";
    const over = same && found.state === "active" && found.allocationState !== "steady" && done;
    if (!over) {
      const known = found.currentDedicatedNodes === currentDedicatedNodes && found.currentLowPriorityNodes === currentLowPriorityNodes;
      return known ? undefined : counts;
    }
    return {
      ...counts,
      ...(late && leaving
        ? { resizeErrors: [{ code: "ResizeTimedOut", message: "The pool did not reach its target before the resize timeout." }] }
        : {}),
      ...(found.allocationState === "stopping" ? { spec: stoppedSpec(found, nodes) } : {}),
      allocationState: "steady",
      allocationStateTransitionTime: new Date(now).toISOString(),
      resize: undefined,
    };
  });
}

/** After a stop, the targets are what the pool has. */
function stoppedSpec(pool: Pool, nodes: readonly Node[]): Pool["spec"] {
  const staying = nodes.filter((node) => node.state !== "leavingpool");
  const dedicated = staying.filter((node) => node.dedicated).length;
  return { ...pool.spec, targetDedicatedNodes: dedicated, targetLowPriorityNodes: staying.length - dedicated };
}
