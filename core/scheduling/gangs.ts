/**
 * When a multi-instance task may run on a pool, and when it may keep nodes free for itself: see docs/decisions/multi-instance-tasks.md. Pure.
 */
import type { Node } from "../domain/node.ts";
import type { Pool } from "../domain/pool.ts";

/** So long a gang is passed over by tasks of its own priority that find room, before it goes first and nodes wait for it. */
export const GANG_PATIENCE_MS = 30_000;

/** Instances need to reach one another, and each has a node to itself. */
export function takesGangs({ spec }: Pick<Pool, "spec">): boolean {
  return spec.enableInterNodeCommunication === true && spec.taskSlotsPerNode === 1;
}

/** Nodes that take tasks, or will when those that they run have ended. */
export function countUsable(nodes: readonly Node[]): number {
  return nodes.filter((node) => (node.state === "idle" || node.state === "running") && node.schedulingState === "enabled").length;
}

/** Whether a gang of so many that waits since then goes before everything else of its priority: only where the pool has the nodes. */
export function mayReserve(pool: Pick<Pool, "usableNodes">, instances: number, since: number, now: number): boolean {
  return now - since >= GANG_PATIENCE_MS && instances <= (pool.usableNodes ?? 0);
}

/** Those that may keep nodes for themselves first, the one that has waited longest before the others; the rest as they came. */
export function reservingFirst<
  D extends { readonly reserves?: boolean | undefined; readonly group?: unknown; readonly leads?: boolean | undefined },
>(demands: readonly D[], since: (demand: D) => number): readonly D[] {
  const led = new Set(demands.filter(({ leads }) => leads).map(({ group }) => group));
  const goesFirst = (demand: D) => demand.reserves === true && !led.has(demand.group);
  const first = demands.filter(goesFirst);
  if (first.length === 0) return demands;
  return [...first.sort((a, b) => since(a) - since(b)), ...demands.filter((demand) => !goesFirst(demand))];
}
