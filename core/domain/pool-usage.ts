/**
 * What a pool has used: the cores of its nodes, times how long they were part of it. Between two changes of the number of nodes it grows evenly, so that
 * it is known at any moment without a look at any node, and written only together with that number.
 */
import { coresOf } from "./machine-size.ts";

/** Usage is listed by half hours, as Azure does. */
export const INTERVAL_MS = 1_800_000;
/** So long an interval's usage is kept. */
export const USAGE_KEPT_MS = 90 * 24 * 3_600_000;

/** Core-milliseconds that a pool's nodes, of both kinds, had in one interval; `start` in milliseconds since the epoch. */
export interface IntervalUsage {
  readonly start: number;
  readonly vmSize: string;
  readonly coreMs: number;
}

/** Core-milliseconds since the pool's creation, counted until `at` (milliseconds since the epoch). */
export interface PoolUsage {
  readonly at: number;
  readonly dedicated: number;
  readonly lowPriority: number;
  /** Of the interval that `at` lies in. */
  readonly interval: IntervalUsage;
}

/** What of a pool its usage follows from. */
interface Counted {
  readonly creationTime: string;
  readonly spec: { readonly vmSize: string };
  readonly currentDedicatedNodes: number;
  readonly currentLowPriorityNodes: number;
  readonly usage?: PoolUsage;
}

/** The pool's usage, counted until `now`; and of the intervals that it was counted in and that are over. */
export function usageAt(pool: Counted, now: number): { usage: PoolUsage; over: readonly IntervalUsage[] } {
  const { vmSize } = pool.spec;
  const cores = coresOf(vmSize);
  const began = pool.usage?.at ?? Date.parse(pool.creationTime);
  const until = Math.max(now, began);
  const rate = cores * (pool.currentDedicatedNodes + pool.currentLowPriorityNodes);
  const over: IntervalUsage[] = [];
  let interval = continued(pool.usage?.interval, startOf(began), vmSize);
  let at = began;
  for (; startOf(at) < startOf(until); at = interval.start) {
    const end = interval.start + INTERVAL_MS;
    const coreMs = interval.coreMs + rate * (end - at);
    if (coreMs > 0 && end > until - USAGE_KEPT_MS) over.push({ ...interval, coreMs });
    // Nothing is to be told of what lies too far back, nor while there are no nodes.
    const next = rate === 0 ? startOf(until) : Math.max(end, startOf(until - USAGE_KEPT_MS));
    interval = { start: next, vmSize, coreMs: 0 };
  }
  return {
    usage: {
      at: until,
      dedicated: (pool.usage?.dedicated ?? 0) + cores * pool.currentDedicatedNodes * (until - began),
      lowPriority: (pool.usage?.lowPriority ?? 0) + cores * pool.currentLowPriorityNodes * (until - began),
      interval: { ...interval, coreMs: interval.coreMs + rate * (until - at) },
    },
    over,
  };
}

/** Whether something is to be written down of the pool's usage, though its number of nodes has not changed. */
export function intervalIsOver(pool: Counted, now: number): boolean {
  return hasNodes(pool) && pool.usage !== undefined && startOf(now) > pool.usage.interval.start;
}

export function hasNodes(pool: Pick<Counted, "currentDedicatedNodes" | "currentLowPriorityNodes">): boolean {
  return pool.currentDedicatedNodes + pool.currentLowPriorityNodes > 0;
}

/** The start of the interval that a moment lies in, both in milliseconds since the epoch. */
export function startOf(moment: number): number {
  return Math.floor(moment / INTERVAL_MS) * INTERVAL_MS;
}

/** A pool whose size was changed, while it had no nodes, begins another account of the same interval. */
function continued(interval: IntervalUsage | undefined, start: number, vmSize: string): IntervalUsage {
  return interval?.vmSize === vmSize && interval.start === start ? interval : { start, vmSize, coreMs: 0 };
}
