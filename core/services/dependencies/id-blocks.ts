/**
 * Which integer ids of a job have satisfied those that wait for ranges. A bit is an attribute, so setting it needs no reading, and twice is once; the
 * write answers the whole block, so that it is known for nothing whether the block is full and whether anybody watches it.
 *
 * Who begins to watch writes an edge, then marks the block as watched and sees its bits; who sets a bit sees the mark. One of them sees the other.
 */
import { BLOCK_BITS, bitName, isSet, type Stretch, stretchName, stretchOf } from "../../domain/dependencies.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Item, Value } from "../../ports/store.ts";
import type { Context } from "../context.ts";

const EDGES_PER_PAGE = 100;

/** Notes that these ids are satisfied; answers the stretches that somebody watches and that are set now. */
export async function setBits(ctx: Context, job: JobRef, ids: readonly number[]): Promise<string[]> {
  const names: string[] = [];
  let places = ids;
  for (let level = 0; places.length > 0; level++) {
    const bits = new Map<number, Record<string, true>>();
    for (const place of places) {
      const index = Math.floor(place / BLOCK_BITS);
      const ofBlock = bits.get(index) ?? {};
      ofBlock[bitName(place % BLOCK_BITS)] = true;
      bits.set(index, ofBlock);
    }
    const full: number[] = [];
    await Promise.all(
      [...bits].map(async ([index, set]) => {
        const block = await put(ctx, job, { level, index }, set);
        if (block.watched) names.push(...(await watchedStretches(ctx, job, { level, index }, block)));
        if (isSet(block)) full.push(index);
      }),
    );
    places = full;
  }
  return names;
}

/** Marks the stretches' blocks as watched; answers those stretches that are set already. */
export async function watchBits(ctx: Context, job: JobRef, stretches: readonly Stretch[]): Promise<Set<string>> {
  const byBlock = new Map<string, Stretch[]>();
  for (const stretch of stretches) {
    const name = `${stretch.level}:${stretch.index}`;
    byBlock.set(name, [...(byBlock.get(name) ?? []), stretch]);
  }
  const set = new Set<string>();
  await Promise.all(
    [...byBlock.values()].map(async (some) => {
      const [first] = some;
      if (!first) return;
      const block = await put(ctx, job, first, { watched: true });
      for (const stretch of some) if (isSet(block, stretch.low, stretch.high)) set.add(stretchName(stretch));
    }),
  );
  return set;
}

async function put(ctx: Context, job: JobRef, at: { level: number; index: number }, set: Record<string, Value>): Promise<Item> {
  const key = ctx.keys.idBlock(job, at.level, at.index);
  for (;;) {
    const updated = await ctx.store.write({ kind: "update", key, set });
    if (updated.ok && updated.item) return updated.item;
    const inserted = await ctx.store.write({ kind: "insert", item: { ...set, ...key } });
    if (inserted.ok && inserted.item) return inserted.item;
  }
}

/** Of many that wait for the same stretch in vain, only a page is read. */
async function watchedStretches(ctx: Context, job: JobRef, at: { level: number; index: number }, block: Item): Promise<string[]> {
  const where = ctx.keys.blockWatchers(job, at.level, at.index);
  const names = new Set<string>();
  let after: string | undefined;
  do {
    const page = await ctx.store.query({ ...where, ...(after === undefined ? {} : { after }), limit: EDGES_PER_PAGE });
    for (const edge of page.items) {
      const stretch = stretchOf(String(edge.name));
      if (stretch && isSet(block, stretch.low, stretch.high)) names.add(stretchName(stretch));
    }
    const last = stretchOf(String(page.items.at(-1)?.name));
    // `~` sorts behind every id of an edge.
    after = page.next === undefined || !last ? page.next : `${where.prefix}${last.low}-${last.high}#~`;
  } while (after !== undefined);
  return [...names];
}
