/** Where waiting tasks go. Pure: a snapshot in, a plan out. */

/** A node and the task slots that it would take now. */
export interface Room {
  readonly nodeId: string;
  readonly free: number;
}
export interface Demand {
  /** Task slots that it needs on one node. */
  readonly slots: number;
  /** The node that it goes to if there is room, by its id in lower case. */
  readonly prefers?: string | undefined;
}
export type FillType = "pack" | "spread";

/**
 * Places demands in their order, each on one node: `pack` takes the fullest node that has room, `spread` the emptiest. A demand that fits
 * nowhere is passed over, and those behind it are still placed. Takes O(demands x distinct free counts), and a search through the nodes for each
 * demand that prefers one.
 */
export function place<D extends Demand>(demands: readonly D[], rooms: readonly Room[], fill: FillType): Map<string, D[]> {
  const plan = new Map<string, D[]>();
  const byFree = new Map<number, string[]>();
  for (const room of rooms) if (room.free > 0) put(byFree, Math.floor(room.free), room.nodeId);
  for (const demand of demands) {
    const preferred = demand.prefers === undefined ? undefined : findPreferred(byFree, demand.prefers, demand.slots);
    const free = preferred?.free ?? choose(byFree, demand.slots, fill);
    if (free === undefined) {
      if (byFree.size === 0) break;
      continue;
    }
    const nodes = byFree.get(free) ?? [];
    // Spread goes round the nodes of equal room, pack stays on the one that it began.
    const nodeId = preferred ? (nodes.splice(preferred.at, 1)[0] as string) : ((fill === "pack" ? nodes.pop() : nodes.shift()) as string);
    if (nodes.length === 0) byFree.delete(free);
    if (free > demand.slots) put(byFree, free - demand.slots, nodeId);
    const given = plan.get(nodeId);
    if (given) given.push(demand);
    else plan.set(nodeId, [demand]);
  }
  return plan;
}

/** Where among the nodes the preferred one is, if it has the room. */
function findPreferred(byFree: ReadonlyMap<number, string[]>, wanted: string, slots: number): { free: number; at: number } | undefined {
  for (const [free, nodes] of byFree) {
    const at = free < slots ? -1 : nodes.findIndex((id) => id.toLowerCase() === wanted);
    if (at >= 0) return { free, at };
  }
  return undefined;
}

function choose(byFree: ReadonlyMap<number, unknown>, slots: number, fill: FillType): number | undefined {
  let best: number | undefined;
  for (const free of byFree.keys()) {
    if (free < slots) continue;
    if (best === undefined || (fill === "pack" ? free < best : free > best)) best = free;
  }
  return best;
}

function put(byFree: Map<number, string[]>, free: number, nodeId: string): void {
  const nodes = byFree.get(free);
  if (nodes) nodes.push(nodeId);
  else byFree.set(free, [nodeId]);
}
