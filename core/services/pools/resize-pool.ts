import { durationMs, formatDuration } from "../../domain/duration.ts";
import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import type { Pool, ResizeRequest } from "../../domain/pool.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";

export function resizeDeadline(now: number, timeout: string): number {
  return now + durationMs(timeout);
}

/** Refuses a change of size while there is one, or the pool is going. */
export function refuseResizing(pool: Pool): void {
  if (pool.state === "deleting") throw new Refusal("PoolBeingDeleted");
  if (pool.allocationState !== "steady") throw new Refusal("PoolBeingResized");
}

/** Sets new targets (a target left out stays) and starts the resize. Refuses PoolBeingResized while one is under way. */
export async function resizePool(ctx: Context, poolId: string, request: ResizeRequest, pre?: Preconditions): Promise<Pool> {
  const now = ctx.clock.now();
  const pool = await change<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound", (pool) => {
    checkPreconditions(pool, pre, false);
    refuseResizing(pool);
    return {
      ...touch(pool, now),
      spec: {
        ...pool.spec,
        targetDedicatedNodes: request.targetDedicatedNodes ?? pool.spec.targetDedicatedNodes,
        targetLowPriorityNodes: request.targetLowPriorityNodes ?? pool.spec.targetLowPriorityNodes,
        resizeTimeout: formatDuration(request.resizeTimeoutMs),
      },
      allocationState: "resizing",
      allocationStateTransitionTime: new Date(now).toISOString(),
      resizeErrors: undefined,
      resize: { deadline: now + request.resizeTimeoutMs, deallocation: request.deallocation },
    };
  });
  await ring(ctx, { pool: { poolId: pool.id }, fit: true });
  return pool;
}

/** Ends a resize where it stands: no more nodes come or are chosen to go. The targets become what the pool has. */
export async function stopResize(ctx: Context, poolId: string, pre?: Preconditions): Promise<Pool> {
  const now = ctx.clock.now();
  const pool = await change<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound", (pool) => {
    checkPreconditions(pool, pre, false);
    if (pool.state === "deleting") throw new Refusal("PoolBeingDeleted");
    if (pool.allocationState !== "resizing") return undefined;
    return { ...touch(pool, now), allocationState: "stopping", allocationStateTransitionTime: new Date(now).toISOString() };
  });
  await ring(ctx, { pool: { poolId: pool.id }, fit: true });
  return pool;
}
