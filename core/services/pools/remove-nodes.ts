import { formatDuration } from "../../domain/duration.ts";
import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { DeallocationOption, Pool } from "../../domain/pool.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { refuseResizing } from "./resize-pool.ts";

export interface RemoveNodesRequest {
  /** At most 100. */
  readonly nodeIds: readonly string[];
  readonly resizeTimeoutMs: number;
  readonly deallocation: DeallocationOption;
}

/**
 * Takes these very nodes out of a pool: a resize to a target that is lower by as many. Refuses NodeNotFound where one is not the pool's, and whatever
 * a resize is refused for.
 */
export async function removeNodes(ctx: Context, poolId: string, request: RemoveNodesRequest, pre?: Preconditions): Promise<Pool> {
  const now = ctx.clock.now();
  const keys = [...new Set(request.nodeIds.map((id) => id.toLowerCase()))].map((id) => ctx.keys.node(poolId, id));
  const items = await ctx.store.getMany(keys);
  const nodes = items.flatMap((item) => (item ? [fromItem<Node>(item)] : []));
  const dedicated = nodes.filter((node) => node.dedicated).length;
  const pool = await change<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound", (pool) => {
    checkPreconditions(pool, pre, false);
    refuseResizing(pool);
    if (nodes.length < keys.length) throw new Refusal("NodeNotFound");
    return {
      ...touch(pool, now),
      spec: {
        ...pool.spec,
        targetDedicatedNodes: Math.max(0, pool.spec.targetDedicatedNodes - dedicated),
        targetLowPriorityNodes: Math.max(0, pool.spec.targetLowPriorityNodes - (nodes.length - dedicated)),
        resizeTimeout: formatDuration(request.resizeTimeoutMs),
      },
      allocationState: "resizing",
      allocationStateTransitionTime: new Date(now).toISOString(),
      resizeErrors: undefined,
      resize: { deadline: now + request.resizeTimeoutMs, deallocation: request.deallocation, remove: nodes.map((node) => node.id) },
    };
  });
  await ring(ctx, { pool: { poolId: pool.id }, fit: true });
  return pool;
}
