import type { Pool } from "../../domain/pool.ts";
import type { NodeOffer } from "../../protocol/messages.ts";
import { place } from "../../scheduling/place.ts";
import type { Context } from "../context.ts";
import { checkGangs } from "../gangs/ready-gangs.ts";
import { ring, ringLater } from "../ring.ts";
import { applyPlan, type Refused } from "./apply-plan.ts";
import {
  chooseRooms,
  gatherRooms,
  moreRooms,
  type NodeRoom,
  type SavedRooms,
  savedRooms,
  savedRoomsOf,
  saveRooms,
} from "./gather-rooms.ts";
import { firstNotes, gatherWaiting, type WaitingDemand } from "./gather-waiting.ts";
import { makeRoomForManagers } from "./make-room-for-managers.ts";
import { falseManagers, waitingManagers } from "./managers.ts";
import { preparednessOf, roomFor } from "./preparedness.ts";
import { shrinkChunks } from "./shrink-chunks.ts";
import { rememberTurns } from "./turns.ts";

/** The most that one pass assigns; what is left over is the next pass's. */
const MOST_PER_PASS = 1000;
const KEPT_AGAIN_S = 5;

/** Hands waiting tasks to nodes: reads what there is room for, plans, and applies the plan item by item. Costs what it assigns. */
export async function schedule(ctx: Context, pool: Pool, offers: readonly NodeOffer[]): Promise<void> {
  const fill = pool.spec.taskSchedulingPolicy.nodeFillType;
  const offered = new Map(offers.map((offer) => [offer.nodeId.toLowerCase(), { free: offer.load.want, ...preparednessOf(offer.load) }]));
  const notes = await firstNotes(ctx, pool);
  const waits = notes.items.length > 0;
  // Where nothing waits, nobody needs to know what room other nodes have.
  const saved = waits ? await savedRooms(ctx, pool) : await savedRoomsOf(ctx, pool.id, [...offered.keys()]);
  const left = [...new Map([...saved, ...offered]).values()];
  const free = left.reduce((sum, { free }) => sum + free, 0);
  if (!waits || free === 0) {
    if (waits) await makeRoomForManagers(ctx, pool, [], await waitingManagers(ctx, pool, notes));
    return saveRooms(ctx, pool, (await gatherRooms(ctx, pool, offers, only(saved, offered))).rooms);
  }
  const waiting = await gatherWaiting(ctx, pool, Math.min(free, MOST_PER_PASS), notes, (job) => roomFor(job, left));
  const gangs = await checkGangs(ctx, waiting.demands);
  const untrue: Refused = new Map([...(await falseManagers(ctx, waiting.demands)), ...gangs.untrue]);
  const demands = waiting.demands.filter((demand) => !untrue.has(demand) && !gangs.unready.has(demand));
  const chosen = new Map([...only(saved, offered), ...chooseRooms(await moreRooms(ctx, pool, saved, demands), demands, fill)]);
  const { rooms, stale } = await gatherRooms(ctx, pool, offers, chosen);
  const plan = place<NodeRoom, WaitingDemand>(demands, rooms, fill);
  const refused: Refused = new Map([...untrue, ...(await applyPlan(ctx, pool, rooms, plan)).refused]);
  const placed = [...new Set([...plan.values()].flat())];
  const { kept, moved } = await shrinkChunks(ctx, waiting, [...placed, ...untrue.keys()], refused);
  await rememberTurns(ctx, pool, waiting, plan);
  await makeRoomForManagers(ctx, pool, rooms, without(demands, placed));
  if (kept > 0) await ringLater(ctx, KEPT_AGAIN_S, { pool: { poolId: pool.id } });
  // Entries that were over or moved took the place of others that still wait, and nodes that are gone that of nodes with room.
  if (waiting.demands.length >= MOST_PER_PASS || refused.size > kept || moved > 0 || (stale > 0 && chosen.size < saved.size))
    await ring(ctx, { pool: { poolId: pool.id } });
  await saveRooms(ctx, pool, rooms);
}

function without(demands: readonly WaitingDemand[], placed: readonly WaitingDemand[]): WaitingDemand[] {
  const gone = new Set(placed);
  return demands.filter((demand) => !gone.has(demand));
}

/** The rooms of these nodes. */
function only(saved: SavedRooms, nodes: ReadonlyMap<string, unknown>): SavedRooms {
  return new Map([...saved].filter(([id]) => nodes.has(id)));
}
