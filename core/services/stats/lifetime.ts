/** What the account's pools and jobs used in all, also those that are gone. */
import { fromItem } from "../../domain/items.ts";
import type { Pool } from "../../domain/pool.ts";
import { usageAt } from "../../domain/pool-usage.ts";
import type { Item, Key, Write } from "../../ports/store.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";
import { type JobStats, statsOfSums } from "./job-measures.ts";

/** What is counted at a key, beside the amounts. */
interface Lifetime {
  /** When the first of what is counted was made, in ISO 8601. */
  readonly since: string;
  /** When something was last added, in ISO 8601. */
  readonly at: string;
}

export interface LifetimePoolStats extends Lifetime {
  /** Core-milliseconds of dedicated nodes. */
  readonly dedicated: number;
}

export interface LifetimeJobStats extends JobStats, Lifetime {}

/**
 * Adds to what is counted at some keys, if `proof` can be written in the same moment: so it is added once, whatever is repeated or cut short. `created`: when
 * what used it was made. False where `proof` no longer can be, or somebody else was the first to count there.
 */
export async function addTogether(
  ctx: Context,
  keys: readonly Key[],
  created: string,
  used: Readonly<Record<string, number>>,
  proof: Write,
): Promise<boolean> {
  const items = (await ctx.store.getMany(keys)) as ((Item & Lifetime) | undefined)[];
  const at = new Date(ctx.clock.now()).toISOString();
  const add = Object.fromEntries(Object.entries(used).filter(([, amount]) => amount !== 0));
  const writes = keys.map((key, index): Write => {
    const item = items[index];
    if (!item) return { kind: "insert", item: { ...key, since: created, at, ...add } };
    return { kind: "update", key, set: { since: item.since < created ? item.since : created, at }, add };
  });
  return (await ctx.store.transact([...writes, proof])).ok;
}

/** Of all pools that ever were, until now. Reads every pool that there is. */
export async function lifetimePoolStats(ctx: Context): Promise<LifetimePoolStats> {
  const now = ctx.clock.now();
  const at = new Date(now).toISOString();
  const gone = (await ctx.store.get(ctx.keys.lifetime("pools"))) as (Item & LifetimePoolStats) | undefined;
  let { since, dedicated } = { since: at, dedicated: 0, ...gone };
  for await (const page of everyPage(ctx, ctx.keys.pools(), 1000)) {
    for (const pool of page.map((item) => fromItem<Pool>(item))) {
      dedicated += usageAt(pool, now).usage.dedicated;
      if (pool.creationTime < since) since = pool.creationTime;
    }
  }
  return { since, at, dedicated };
}

/** Of all jobs that ever were, as far as they have been rolled up: see rollUpJob. */
export async function lifetimeJobStats(ctx: Context): Promise<LifetimeJobStats> {
  const at = new Date(ctx.clock.now()).toISOString();
  const item = (await ctx.store.get(ctx.keys.lifetime("jobs"))) as (Item & Lifetime) | undefined;
  return { ...statsOfSums(item), since: item?.since ?? at, at: item?.at ?? at };
}
