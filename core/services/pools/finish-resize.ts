import type { Node } from "../../domain/node.ts";
import type { Pool, ResizeError } from "../../domain/pool.ts";
import { intervalIsOver, usageAt } from "../../domain/pool-usage.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { recordIntervals, removePool } from "../stats/pool-usage.ts";

/** By Azure's codes: its own spelling, and for nodes that do not go in time, too. */
const TIMED_OUT: ResizeError = {
  code: "AllocationTimedout",
  message:
    "The pool did not reach its target before the resize timeout. Resize it again, with a longer timeout or another deallocation option.",
};
const STOPPED: ResizeError = { code: "ResizeStopped", message: "The resize was stopped before the pool had reached its target." };

/** Writes down how many nodes the pool has; ends a resize that is done, or whose time is over; takes a deleted pool away with its last node. */
export async function finishResize(ctx: Context, pool: Pool, nodes: readonly Node[]): Promise<void> {
  const key = ctx.keys.pool(pool.id);
  if (pool.state === "deleting" && nodes.length === 0) {
    await removePool(ctx, pool);
    return;
  }
  const now = ctx.clock.now();
  await recordIntervals(ctx, pool, now, nodes.length === 0);
  const currentDedicatedNodes = nodes.filter((node) => node.dedicated).length;
  const currentLowPriorityNodes = nodes.length - currentDedicatedNodes;
  await change<Pool>(ctx, key, "PoolNotFound", (found) => {
    const counts = { currentDedicatedNodes, currentLowPriorityNodes, usage: usageAt(found, now).usage };
    const late = found.resize !== undefined && now >= found.resize.deadline;
    const leaving = nodes.some((node) => node.state === "leavingpool");
    // A resize that was asked for while this one was worked on is the next pass's.
    const same = found.allocationStateTransitionTime === pool.allocationStateTransitionTime;
    // Of a resize that was stopped, the nodes that were already told to leave go by themselves.
    const done = late || !leaving || found.allocationState === "stopping";
    const over = same && found.state === "active" && found.allocationState !== "steady" && done;
    if (!over) {
      const known = found.currentDedicatedNodes === currentDedicatedNodes && found.currentLowPriorityNodes === currentLowPriorityNodes;
      return known && !intervalIsOver(found, now) ? undefined : counts;
    }
    return {
      ...counts,
      ...(late && leaving ? { resizeErrors: [TIMED_OUT] } : {}),
      ...(found.allocationState === "stopping" ? stopped(found, nodes) : {}),
      allocationState: "steady",
      allocationStateTransitionTime: new Date(now).toISOString(),
      resize: undefined,
    };
  });
}

/** After a stop, the targets are what the pool has; where that is not what was wanted, the pool says so. */
function stopped(pool: Pool, nodes: readonly Node[]): Pick<Pool, "spec" | "resizeErrors"> {
  const staying = nodes.filter((node) => node.state !== "leavingpool");
  const targetDedicatedNodes = staying.filter((node) => node.dedicated).length;
  const targetLowPriorityNodes = staying.length - targetDedicatedNodes;
  const { spec } = pool;
  const reached = spec.targetDedicatedNodes === targetDedicatedNodes && spec.targetLowPriorityNodes === targetLowPriorityNodes;
  return { spec: { ...spec, targetDedicatedNodes, targetLowPriorityNodes }, ...(reached ? {} : { resizeErrors: [STOPPED] }) };
}
