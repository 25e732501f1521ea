import type { Pool } from "../../domain/pool.ts";
import { hasNodes, INTERVAL_MS, type IntervalUsage, startOf, USAGE_KEPT_MS, usageAt } from "../../domain/pool-usage.ts";
import type { Item } from "../../ports/store.ts";
import { writeAll } from "../batches.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { addTogether } from "./lifetime.ts";

const MOST_FORGOTTEN = 100;
const TRIES = 8;

/** What a pool used in one interval; times in milliseconds since the epoch. */
export interface UsageMetrics extends IntervalUsage {
  readonly poolId: string;
}

/**
 * Writes down the intervals that are over; where the pool has no nodes from now on, also the one that is not. It comes before the pool's own item, and
 * writes the same when it is repeated.
 */
export async function recordIntervals(ctx: Context, pool: Pool, now: number, resting: boolean): Promise<void> {
  if (!hasNodes(pool)) return;
  const { usage, over } = usageAt(pool, now);
  const intervals = resting && usage.interval.coreMs > 0 ? [...over, usage.interval] : over;
  if (intervals.length === 0) return;
  const items = intervals.map((interval): Item => ({ ...keyOf(ctx, pool, interval), poolId: pool.id, ...interval }));
  const inserted = await writeAll(
    ctx,
    items.map((item) => ({ kind: "insert", item })),
  );
  const known = items.filter((_, index) => !inserted[index]?.ok);
  await writeAll(
    ctx,
    known.map(({ pk, sk, coreMs }) => ({ kind: "update", key: { pk, sk }, set: { coreMs: coreMs ?? 0 } })),
  );
}

/** Takes away a pool that is being deleted and has no nodes any more; what it used is added to the account's in the same moment. */
export async function removePool(ctx: Context, seen: Pool): Promise<void> {
  const key = ctx.keys.pool(seen.id);
  for (let tries = 0; tries < TRIES; tries++) {
    const item = await ctx.store.get(key);
    const pool = item as (Item & Pool) | undefined;
    if (pool?.state !== "deleting") return;
    const now = ctx.clock.now();
    await recordIntervals(ctx, pool, now, true);
    const { dedicated, lowPriority } = usageAt(pool, now).usage;
    const gone = { kind: "delete", key, when: { equals: { state: "deleting", rev: pool.rev } } } as const;
    if (await addTogether(ctx, [ctx.keys.lifetime("pools")], pool.creationTime, { dedicated, lowPriority }, gone)) return;
  }
  throw new Error(`pool ${seen.id} changes all the time and cannot be taken away`);
}

/** A page of what pools used in the intervals from the one that `from` lies in to before `to`, in the order of time. */
export async function listUsage(ctx: Context, from: number, to: number, page: PageRequest): Promise<Listing<UsageMetrics>> {
  const pk = ctx.keys.usage();
  const found = await ctx.store.query({ pk, after: page.after ?? iso(startOf(from)), limit: page.limit });
  const end = iso(to);
  const items = found.items.filter(({ sk }) => sk < end).map((item) => item as unknown as UsageMetrics);
  return found.next === undefined || found.next >= end ? { items } : { items, next: found.next };
}

/** Takes away some of what is older than is kept. */
export async function forgetUsage(ctx: Context): Promise<void> {
  const pk = ctx.keys.usage();
  const before = iso(ctx.clock.now() - USAGE_KEPT_MS - INTERVAL_MS);
  const { items } = await ctx.store.query({ pk, limit: MOST_FORGOTTEN });
  await writeAll(
    ctx,
    items.filter(({ sk }) => sk < before).map(({ sk }) => ({ kind: "delete", key: { pk, sk } })),
  );
}

/** A pool that was deleted and made anew, or has another size now, has items of its own. */
function keyOf(ctx: Context, pool: Pool, { start, vmSize }: IntervalUsage): { pk: string; sk: string } {
  return { pk: ctx.keys.usage(), sk: `${iso(start)}#${pool.id.toLowerCase()}#${Date.parse(pool.creationTime)}#${vmSize}` };
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}
