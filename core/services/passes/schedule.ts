import type { Pool } from "../../domain/pool.ts";
import type { NodeOffer } from "../../protocol/messages.ts";
import { place } from "../../scheduling/place.ts";
import type { Context } from "../context.ts";
import { ring, ringLater } from "../ring.ts";
import { applyPlan } from "./apply-plan.ts";
import { gatherRooms, saveRooms } from "./gather-rooms.ts";
import { gatherWaiting } from "./gather-waiting.ts";
import { shrinkChunks } from "./shrink-chunks.ts";
import { rememberTurns } from "./turns.ts";

/** The most that one pass assigns; what is left over is the next pass's. */
const MOST_PER_PASS = 1000;
const KEPT_AGAIN_S = 5;

/** Hands waiting tasks to nodes: reads what there is room for, plans, and applies the plan item by item. Costs what it assigns. */
export async function schedule(ctx: Context, pool: Pool, offers: readonly NodeOffer[]): Promise<void> {
  const rooms = await gatherRooms(ctx, pool, offers);
  const free = rooms.reduce((sum, room) => sum + room.free, 0);
  if (free > 0) {
    const waiting = await gatherWaiting(ctx, pool, Math.min(free, MOST_PER_PASS));
    const plan = place(waiting.demands, rooms, pool.spec.taskSchedulingPolicy.nodeFillType);
    const { refused } = await applyPlan(ctx, pool, rooms, plan);
    const kept = await shrinkChunks(ctx, waiting, plan, refused);
    await rememberTurns(ctx, pool, waiting, plan);
    if (kept > 0) await ringLater(ctx, KEPT_AGAIN_S, { pool: { poolId: pool.id } });
    // Entries that were over took the place of others that still wait.
    if (waiting.demands.length >= MOST_PER_PASS || refused.size > kept) await ring(ctx, { pool: { poolId: pool.id } });
  }
  await saveRooms(ctx, pool, rooms);
}
