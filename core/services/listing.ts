import { fromItem } from "../domain/items.ts";
import type { Item } from "../ports/store.ts";
import type { Context, Listing, PageRequest } from "./context.ts";

/** One page of the entities of a partition, in the order of their ids. `after` is the sort key without the prefix. */
export async function listPartition<T>(ctx: Context, where: { pk: string; prefix: string }, page: PageRequest): Promise<Listing<T>> {
  const after = page.after === undefined ? {} : { after: where.prefix + page.after };
  const found = await ctx.store.query({ ...where, ...after, limit: page.limit });
  const items = found.items.map((item) => fromItem<T>(item));
  return found.next === undefined ? { items } : { items, next: found.next.slice(where.prefix.length) };
}

/** Every item of a partition, page by page, so that memory stays that of a page. */
export async function* everyPage(ctx: Context, where: { pk: string; prefix?: string }, limit = 100): AsyncGenerator<readonly Item[]> {
  let after: string | undefined;
  do {
    const page = await ctx.store.query({ ...where, ...(after === undefined ? {} : { after }), limit });
    if (page.items.length > 0) yield page.items;
    after = page.next;
  } while (after !== undefined);
}

/** All items of a partition that is known to be small (a pool's nodes, its leases). */
export async function allItems(ctx: Context, where: { pk: string; prefix?: string }): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of everyPage(ctx, where, 1000)) items.push(...page);
  return items;
}
