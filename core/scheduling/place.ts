/** Where waiting tasks go. Pure: a snapshot in, a plan out. */

/** A node and the task slots that it would take now. */
export interface Room {
  readonly nodeId: string;
  readonly free: number;
}
export interface Demand<R extends Room = Room> {
  /** Task slots that it needs on one node. */
  readonly slots: number;
  /** The node that it goes to if there is room, by its id in lower case. */
  readonly prefers?: string | undefined;
  /** Whether it may go to a node; to any, where this is left out. */
  readonly accepts?: ((room: R) => boolean) | undefined;
  /** Needs so many rooms at a time, each of which it accepts and is alone in: all of them or none. One room, which it may share, where this is left out. */
  readonly rooms?: number | undefined;
  /** Where it does not find all its rooms, those that it would have taken are kept from the demands behind it. */
  readonly reserves?: boolean | undefined;
  /** Demands of one group stand together: where one that leads finds no room, those of the group behind it are not placed either. */
  readonly group?: unknown;
  readonly leads?: boolean | undefined;
}
export type FillType = "pack" | "spread";

/** Rooms by how much is free in them. */
type ByFree<R> = Map<number, R[]>;
interface Found {
  readonly free: number;
  /** The place in the list of those with so much free. */
  readonly at: number;
}

/**
 * Places demands in their order, each on one node, or on as many as it needs, of which the first is the one that it prefers: `pack` takes the fullest node that has room, `spread` the emptiest. A demand that fits
 * nowhere is passed over, and those behind it are still placed, unless it leads them. Takes O(demands x distinct free counts), and a search through the
 * nodes for each demand that prefers one or accepts only some.
 */
export function place<R extends Room, D extends Demand<R>>(demands: readonly D[], rooms: readonly R[], fill: FillType): Map<string, D[]> {
  const plan = new Map<string, D[]>();
  const byFree: ByFree<R> = new Map();
  const held = new Set<unknown>();
  for (const room of rooms) if (room.free > 0) put(byFree, Math.floor(room.free), room);
  for (const demand of demands) {
    if (byFree.size === 0) break;
    if (demand.group !== undefined && held.has(demand.group)) continue;
    if (demand.rooms !== undefined) {
      placeAlone(demand, demand.rooms, byFree, plan);
      continue;
    }
    const found = findRoom(byFree, demand, fill);
    if (!found) {
      if (demand.leads) held.add(demand.group);
      continue;
    }
    const room = take(byFree, found);
    if (found.free > demand.slots) put(byFree, found.free - demand.slots, room);
    const given = plan.get(room.nodeId);
    if (given) given.push(demand);
    else plan.set(room.nodeId, [demand]);
  }
  return plan;
}

/** All the rooms, or none. */
function placeAlone<R extends Room, D extends Demand<R>>(demand: D, wanted: number, byFree: ByFree<R>, plan: Map<string, D[]>): void {
  const { slots, prefers, accepts, reserves } = demand;
  const fits = (room: R) => room.free >= slots && !plan.has(room.nodeId) && (accepts?.(room) ?? true);
  const found = [...byFree.values()].flatMap((rooms) => rooms.filter(fits));
  if (found.length < wanted && !reserves) return;
  const first = prefers === undefined ? -1 : found.findIndex((room) => room.nodeId.toLowerCase() === prefers);
  if (first > 0) found.unshift(...found.splice(first, 1));
  const taken = found.slice(0, wanted);
  remove(byFree, new Set(taken));
  if (found.length >= wanted) for (const room of taken) plan.set(room.nodeId, [demand]);
}

function remove<R>(byFree: ByFree<R>, gone: ReadonlySet<R>): void {
  for (const [free, rooms] of byFree) {
    const left = rooms.filter((room) => !gone.has(room));
    if (left.length === 0) byFree.delete(free);
    else byFree.set(free, left);
  }
}

function findRoom<R extends Room>(byFree: ByFree<R>, demand: Demand<R>, fill: FillType): Found | undefined {
  const { slots, prefers, accepts } = demand;
  const preferred =
    prefers === undefined
      ? undefined
      : choose(byFree, slots, fill, (room) => room.nodeId.toLowerCase() === prefers && (accepts?.(room) ?? true));
  return preferred ?? choose(byFree, slots, fill, accepts);
}

/** The fullest or the emptiest of the rooms that will do. Spread goes round the nodes of equal room, pack stays on the one that it began. */
function choose<R>(byFree: ByFree<R>, slots: number, fill: FillType, accepts?: (room: R) => boolean): Found | undefined {
  let best: Found | undefined;
  for (const [free, rooms] of byFree) {
    if (free < slots || (best !== undefined && (fill === "pack" ? free >= best.free : free <= best.free))) continue;
    const at = accepts ? rooms.findIndex(accepts) : fill === "pack" ? rooms.length - 1 : 0;
    if (at >= 0) best = { free, at };
  }
  return best;
}

function take<R>(byFree: ByFree<R>, { free, at }: Found): R {
  const rooms = byFree.get(free) as R[];
  // From the ends at a constant price: a list may hold ten thousand.
  const room = (at === 0 ? rooms.shift() : at === rooms.length - 1 ? rooms.pop() : rooms.splice(at, 1)[0]) as R;
  if (rooms.length === 0) byFree.delete(free);
  return room;
}

function put<R>(byFree: ByFree<R>, free: number, room: R): void {
  const rooms = byFree.get(free);
  if (rooms) rooms.push(room);
  else byFree.set(free, [room]);
}
