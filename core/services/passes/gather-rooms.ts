/**
 * Which nodes would take tasks. A node's own word (an offer, carried by the ring) is what it would take when it wrote it; what was handed to it since
 * is in the leases newer than the last that had reached it. What room a pass leaves over is kept as an offer item, so an idle
 * node is found again when work comes; an offer item is right until the next pass touches its node.
 */
import { fromItem, toItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Lease, ReadyEntry } from "../../domain/ready.ts";
import type { Item, Write } from "../../ports/store.ts";
import type { NodeOffer } from "../../protocol/messages.ts";
import type { FillType } from "../../scheduling/place.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { asAttributes, canRun, type Preparedness, preparednessOf, samePreparedness } from "./preparedness.ts";

export interface NodeRoom extends Preparedness {
  readonly nodeId: string;
  readonly node: Node;
  /** Slots' worth of tasks that it would take; a pass that assigns takes from it. */
  free: number;
  /** Runs or holds something, as far as is known. */
  busy: boolean;
  /** What its offer item says now; undefined when there is none. */
  readonly saved: SavedRoom | undefined;
}

/** What room nodes are known to have, by their ids in lower case, without a look at the nodes themselves. */
export type SavedRooms = ReadonlyMap<string, SavedRoom>;
interface SavedRoom extends Preparedness {
  readonly free: number;
  /** On a low-priority node. */
  readonly low: boolean;
}

/** What of a demand decides which rooms are worth a look. */
interface RoomWish {
  readonly slots: number;
  readonly prefers: string | undefined;
  readonly entry: ReadyEntry;
  readonly supply: { readonly job: Job };
  /** So many nodes it needs, where not one. */
  readonly rooms?: number | undefined;
}

const MOST_SAVED = 500;
/** So many more nodes are looked at than tasks wait: some may have gone meanwhile. */
const SPARE = 10;

/** The rooms of a pool that earlier passes left over. */
export async function savedRooms(ctx: Context, pool: Pool): Promise<SavedRooms> {
  const page = await ctx.store.query({ pk: ctx.keys.offers(pool.id), limit: MOST_SAVED });
  return new Map(page.items.map((item) => [item.sk, savedRoom(item)]));
}

/** As many more as the largest of the demands needs. `saved`: what {@link savedRooms} has answered. */
export async function moreRooms(ctx: Context, pool: Pool, saved: SavedRooms, demands: readonly RoomWish[]): Promise<SavedRooms> {
  const wanted = Math.max(0, ...demands.map(({ rooms = 1 }) => rooms)) + SPARE;
  if (saved.size < MOST_SAVED || wanted <= saved.size) return saved;
  const all = new Map(saved);
  for (let after = [...saved.keys()].at(-1); after !== undefined && all.size < wanted; ) {
    const page = await ctx.store.query({ pk: ctx.keys.offers(pool.id), limit: wanted - all.size, after });
    for (const item of page.items) all.set(item.sk, savedRoom(item));
    after = page.next;
  }
  return all;
}

/** Of certain nodes alone. */
export async function savedRoomsOf(ctx: Context, poolId: string, nodeIds: readonly string[]): Promise<SavedRooms> {
  const keys = nodeIds.map((id) => ctx.keys.offer(poolId, id));
  const items = (await Promise.all(slices(keys, 100).map((some) => ctx.store.getMany(some)))).flat();
  return new Map(items.flatMap((item) => (item ? [[item.sk, savedRoom(item)]] : [])));
}

function savedRoom(item: Item): SavedRoom {
  return { free: Number(item.free), low: item.low === true, ...preparednessOf(item) };
}

/** Those of the rooms that so many demands need looked at, the best for the pool's way of filling nodes first, and those that demands prefer. */
export function chooseRooms(saved: SavedRooms, demands: readonly RoomWish[], fill: FillType): SavedRooms {
  const most = demands.length === 0 ? 0 : demands.reduce((sum, { rooms = 1 }) => sum + rooms, SPARE);
  if (saved.size <= most) return saved;
  // Where some cannot run there, all are looked at: the best for most may be the worst for one.
  const jobs = [...new Set(demands.map(({ supply }) => supply.job))];
  if (jobs.some((job) => job.spec.jobPreparationTask && [...saved.values()].some((room) => !canRun(job, room)))) return saved;
  const preferred = new Set(demands.flatMap((demand) => demand.prefers ?? []));
  const sorted = [...saved].sort(([, a], [, b]) => (fill === "pack" ? a.free - b.free : b.free - a.free));
  const large = Math.max(0, ...demands.map((demand) => demand.slots));
  const fitting = sorted.filter(([, { free }]) => free >= large).concat(sorted.filter(([, { free }]) => free < large));
  const dedicated = demands.filter(({ entry }) => entry.d === 1).length;
  const choice = [...fitting.slice(0, most), ...sorted.filter(([id]) => preferred.has(id))];
  if (dedicated > 0) choice.push(...fitting.filter(([, { low }]) => !low).slice(0, dedicated + SPARE));
  return new Map(choice);
}

/** The nodes behind fresh offers and saved rooms, as they are now; `stale`: how many take no tasks any more. */
export async function gatherRooms(
  ctx: Context,
  pool: Pool,
  offers: readonly NodeOffer[],
  saved: SavedRooms,
): Promise<{ rooms: readonly NodeRoom[]; stale: number }> {
  const fresh = new Map(offers.map((offer) => [offer.nodeId.toLowerCase(), offer]));
  const ids = [...new Set([...fresh.keys(), ...saved.keys()])];
  const nodes = await readNodes(ctx, pool.id, ids);
  const rooms = await Promise.all(
    ids.map(async (id): Promise<NodeRoom | undefined> => {
      const node = nodes.get(id);
      if (!node || !takesTasks(node)) return undefined;
      const offer = fresh.get(id);
      const before = saved.get(id);
      if (!offer)
        return { nodeId: node.id, node, free: before?.free ?? 0, busy: node.state === "running", ...preparednessOf(before), saved: before };
      const underway = await handedSince(ctx, pool.id, id, offer.load.lease);
      const free = Math.max(0, offer.load.want - underway);
      return { nodeId: node.id, node, free, busy: offer.load.busy > 0 || underway > 0, ...preparednessOf(offer.load), saved: before };
    }),
  );
  const known = rooms.filter((room) => room !== undefined);
  const stale = await dropStale(ctx, pool.id, [...saved.keys()], new Set(known.map((room) => room.nodeId.toLowerCase())));
  return { rooms: known, stale };
}

export function takesTasks(node: Node): boolean {
  return (node.state === "idle" || node.state === "running") && node.schedulingState === "enabled";
}

/** Keeps what room is left, and the state of each node (idle, running), where either changed. */
export async function saveRooms(ctx: Context, pool: Pool, rooms: readonly NodeRoom[]): Promise<void> {
  const writes: Write[] = [];
  const at = new Date(ctx.clock.now()).toISOString();
  for (const room of rooms) {
    const key = ctx.keys.offer(pool.id, room.nodeId);
    if (room.free !== (room.saved?.free ?? 0) || (room.saved !== undefined && !samePreparedness(room, room.saved))) {
      const { set: lists, remove } = asAttributes(room);
      if (room.saved === undefined)
        writes.push({ kind: "insert", item: toItem(key, { free: room.free, ...(room.node.dedicated ? {} : { low: true }), ...lists }) });
      else if (room.free > 0) writes.push({ kind: "update", key, set: { free: room.free, ...lists }, remove });
      else writes.push({ kind: "delete", key });
    }
    const state = room.busy ? "running" : "idle";
    if (state !== room.node.state) {
      const when = { oneOf: { state: ["idle", "running"] } };
      writes.push({ kind: "update", key: ctx.keys.node(pool.id, room.nodeId), set: { state, stateTransitionTime: at }, when });
    }
  }
  await writeAll(ctx, writes);
}

async function readNodes(ctx: Context, poolId: string, ids: readonly string[]): Promise<Map<string, Node>> {
  const keys = ids.map((id) => ctx.keys.node(poolId, id));
  const items = (await Promise.all(slices(keys, 100).map((some) => ctx.store.getMany(some)))).flat();
  return new Map(items.flatMap((item) => (item ? [[fromItem<Node>(item).id.toLowerCase(), fromItem<Node>(item)]] : [])));
}

async function handedSince(ctx: Context, poolId: string, nodeId: string, lease: string | undefined): Promise<number> {
  const prefix = `${nodeId}#`;
  const after = lease === undefined ? {} : { after: prefix + lease };
  const page = await ctx.store.query({ pk: ctx.keys.leases(poolId), prefix, ...after, limit: 100 });
  return page.items.flatMap((item) => fromItem<Lease>(item).tasks).reduce((sum, task) => sum + task.slots, 0);
}

async function dropStale(ctx: Context, poolId: string, saved: readonly string[], known: ReadonlySet<string>): Promise<number> {
  const stale = saved.filter((id) => !known.has(id));
  await writeAll(
    ctx,
    stale.map((id) => ({ kind: "delete", key: ctx.keys.offer(poolId, id) })),
  );
  return stale.length;
}
