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
 * Places demands in their order, each on one node: `pack` takes the fullest node that has room, `spread` the emptiest. A demand that fits
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
