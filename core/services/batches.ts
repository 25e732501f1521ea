import { MAX_BATCH, type Outcome, type Write } from "../ports/store.ts";
import type { Context } from "./context.ts";

/** Any number of writes on different keys, in batches side by side; outcomes in order. */
export async function writeAll(ctx: Context, writes: readonly Write[]): Promise<Outcome[]> {
  if (writes.length === 0) return [];
  const batches = slices(writes, MAX_BATCH);
  return (await Promise.all(batches.map((batch) => ctx.store.batch(batch)))).flat();
}

export function slices<T>(list: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < list.length; i += size) result.push(list.slice(i, i + size));
  return result;
}
