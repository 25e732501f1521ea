/**
 * Reads many places of one partition with few requests. What lies between two wanted places is read along: that costs less than a request of its own as long as
 * places lie close, and ids that belong together mostly do. Where they do not, it costs what reading them one by one would.
 */
import type { Item, Key } from "../../ports/store.ts";
import type { Context } from "../context.ts";

/** So many small items come to about one read unit. */
const SMALL_PAGE = 25;
const PAGE = 100;
const MAX_GET = 100;
/** A page of tasks that holds fewer of the wanted was not worth its price. */
const FEW = 5;

export interface Found {
  readonly items: readonly Item[];
  /** What was not read, as there was too much. */
  readonly rest?: { readonly prefixes: readonly string[]; readonly after: string };
}

/** The items under any of the prefixes (sorted, each ending in `#`), in order; about `most` of them at most. `after`: only those behind this key. */
export async function readPrefixes(ctx: Context, pk: string, prefixes: readonly string[], most: number, after?: string): Promise<Found> {
  const items: Item[] = [];
  let index = 0;
  let from = after ?? prefixes[0];
  while (from !== undefined) {
    const alone = index === prefixes.length - 1;
    const where = alone ? { pk, prefix: prefixes[index] as string, limit: PAGE } : { pk, limit: SMALL_PAGE };
    const page = await ctx.store.query({ ...where, after: from });
    for (const item of page.items) {
      while (isBehind(prefixes[index], item.sk)) index++;
      if (prefixes[index] !== undefined && item.sk.startsWith(prefixes[index] as string)) items.push(item);
    }
    const next = prefixes[index];
    if (page.next === undefined || next === undefined) return { items };
    from = page.next.startsWith(next) ? page.next : next;
    if (items.length >= most) return { items, rest: { prefixes: prefixes.slice(index), after: from } };
  }
  return { items };
}

function isBehind(prefix: string | undefined, sk: string): boolean {
  return prefix !== undefined && prefix < sk && !sk.startsWith(prefix);
}

/** The items at keys of ids; those that are not there are left out. */
export async function readTogether(ctx: Context, keys: readonly Key[]): Promise<Item[]> {
  const byPartition = new Map<string, Set<string>>();
  for (const { pk, sk } of keys) byPartition.set(pk, (byPartition.get(pk) ?? new Set()).add(sk));
  const found = await Promise.all([...byPartition].map(([pk, sks]) => readPartition(ctx, pk, [...sks].sort())));
  return found.flat();
}

async function readPartition(ctx: Context, pk: string, sks: readonly string[]): Promise<Item[]> {
  const items: Item[] = [];
  const wanted = new Set(sks);
  for (let index = 0; index < sks.length; ) {
    if (sks.length - index > FEW) {
      const page = await ctx.store.query({ pk, after: justBefore(sks[index] as string), limit: SMALL_PAGE });
      const good = page.items.filter((item) => wanted.has(item.sk));
      items.push(...good);
      const before = index;
      while (index < sks.length && (page.next === undefined || (sks[index] as string) <= page.next)) index++;
      if (index - before >= FEW) continue;
    }
    const some = sks.slice(index, index + MAX_GET);
    const got = some.length === 0 ? [] : await ctx.store.getMany(some.map((sk) => ({ pk, sk })));
    items.push(...got.filter((item) => item !== undefined));
    index += some.length;
  }
  return items;
}

/** A key behind which the id comes first: no id holds a `~`. */
function justBefore(id: string): string {
  return `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`;
}
