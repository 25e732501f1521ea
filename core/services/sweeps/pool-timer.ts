/**
 * The timer of a pool: a delayed message that is renewed as long as the pool has nodes. The pool's item names the token of the message that counts, so a
 * message that is delivered twice, or that was replaced, leads to no second timer.
 */
import type { Pool } from "../../domain/pool.ts";
import type { PoolRef } from "../../domain/refs.ts";
import { changeIfThere } from "../change.ts";
import type { Context } from "../context.ts";

/** A timer that was not renewed for so many of its periods is lost. */
const LOST_AFTER_PERIODS = 5;

/** Makes the timer's next message the one that counts, where the pool is still there. */
export async function renewTimer(ctx: Context, ref: PoolRef, token: string | undefined): Promise<void> {
  const next = { token: ctx.ids.next(), at: ctx.clock.now() };
  const pool = await changeIfThere<Pool>(ctx, ctx.keys.pool(ref.poolId), (found) =>
    found.sweep?.token === token ? { sweep: next } : undefined,
  );
  if (pool?.sweep?.token !== next.token) return;
  await ctx.work.send([{ body: { kind: "sweep-pool", pool: ref, token: next.token }, delaySeconds: ctx.settings.sweepSeconds }]);
}

/** Starts a timer where none is alive. */
export async function ensureTimer(ctx: Context, pool: Pool): Promise<void> {
  if (pool.sweep && ctx.clock.now() - pool.sweep.at < LOST_AFTER_PERIODS * ctx.settings.sweepSeconds * 1000) return;
  await renewTimer(ctx, { poolId: pool.id }, pool.sweep?.token);
}

/** Lets the timer end. */
export async function endTimer(ctx: Context, ref: PoolRef, token: string): Promise<void> {
  await changeIfThere<Pool>(ctx, ctx.keys.pool(ref.poolId), (found) => (found.sweep?.token === token ? { sweep: undefined } : undefined));
}
