import { MAX_BATCH, type Outcome, type Write } from "../ports/store.ts";
import type { Context } from "./context.ts";

/** Any number of writes, in batches side by side; those on one key one after the other. Outcomes in order. */
export async function writeAll(ctx: Context, writes: readonly Write[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const round of rounds(writes)) {
    const batches = slices(round, MAX_BATCH);
    const results = (await Promise.all(batches.map((batch) => ctx.store.batch(batch.map(({ write }) => write))))).flat();
    for (const [index, result] of results.entries()) outcomes[round[index]?.index ?? 0] = result;
  }
  return outcomes;
}

/** A batch may not name a key twice: the second write on a key is of the second round, and so on. */
function rounds(writes: readonly Write[]): { write: Write; index: number }[][] {
  const seen = new Map<string, number>();
  const result: { write: Write; index: number }[][] = [];
  for (const [index, write] of writes.entries()) {
    const { pk, sk } = write.kind === "insert" ? write.item : write.key;
    const key = `${pk}\n${sk}`;
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    result[round] ??= [];
    result[round].push({ write, index });
  }
  return result;
}

export function slices<T>(list: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < list.length; i += size) result.push(list.slice(i, i + size));
  return result;
}

/** The list in groups, each in the list's order, by what `name` says of each; groups in the order of their first. */
export function groupBy<T, K>(list: readonly T[], name: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of list) {
    const group = groups.get(name(one));
    if (group) group.push(one);
    else groups.set(name(one), [one]);
  }
  return groups;
}
