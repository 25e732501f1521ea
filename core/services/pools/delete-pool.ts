import { Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import type { Pool } from "../../domain/pool.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";

/** Starts the end of a pool: its nodes give their tasks back and go, then the pool itself goes. */
export async function deletePool(ctx: Context, poolId: string, pre?: Preconditions): Promise<void> {
  const now = ctx.clock.now();
  const pool = await change<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound", (pool) => {
    checkPreconditions(pool, pre, false);
    if (pool.state === "deleting") throw new Refusal("PoolBeingDeleted");
    return deletion(pool, now);
  });
  await ring(ctx, { pool: { poolId: pool.id }, fit: true });
}

/** What changes of a pool whose end starts now. */
export function deletion(pool: Pool, now: number) {
  const at = new Date(now).toISOString();
  return {
    ...touch(pool, now),
    state: "deleting",
    stateTransitionTime: at,
    allocationState: "resizing",
    allocationStateTransitionTime: at,
    resizeErrors: undefined,
    resize: { deadline: Number.MAX_SAFE_INTEGER, deallocation: "requeue" },
  } as const satisfies { readonly [P in keyof Pool]?: Pool[P] | undefined };
}
