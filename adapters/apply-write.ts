import { type Condition, type Insert, type Item, type Outcome, StoreError, type Update, type Write } from "../core/ports/store.ts";
import { checkItem } from "./store-limits.ts";

/** What a write does to the item as it is. `change` is absent when nothing changes; its `item` is absent when the item goes. */
export interface Applied {
  readonly outcome: Outcome;
  readonly change?: { readonly item?: Item; readonly bytes: number };
}

/** Decides one write against the item as found. Pure; throws a StoreError where the result could not be stored. */
export function applyWrite(found: Item | undefined, write: Write): Applied {
  switch (write.kind) {
    case "insert":
      return insert(found, write);
    case "update":
      if (!found) return { outcome: { ok: false, reason: "missing" } };
      if (!holds(write.when, found)) return { outcome: { ok: false, reason: "condition", item: found } };
      return stored(updated(found, write));
    case "delete":
      if (!found) return { outcome: write.when ? { ok: false, reason: "missing" } : { ok: true } };
      if (!holds(write.when, found)) return { outcome: { ok: false, reason: "condition", item: found } };
      return { outcome: { ok: true }, change: { bytes: 0 } };
  }
}

function insert(found: Item | undefined, write: Insert): Applied {
  return found ? { outcome: { ok: false, reason: "exists" } } : stored(write.item);
}

function stored(item: Item): Applied {
  return { outcome: { ok: true, item }, change: { item, bytes: checkItem(item) } };
}

function updated(found: Item, { set, add, remove }: Update): Item {
  const next: Record<string, Item[string]> = { ...found, ...set };
  for (const [name, step] of Object.entries(add ?? {})) {
    const before = found[name] ?? 0;
    if (typeof before !== "number") throw new StoreError(`Cannot add to the attribute ${name}: it is not a number.`, false);
    next[name] = before + step;
  }
  for (const name of remove ?? []) delete next[name];
  return { ...next, pk: found.pk, sk: found.sk };
}

function holds(condition: Condition | undefined, item: Item): boolean {
  if (!condition) return true;
  const { equals, oneOf, absent } = condition;
  for (const name in equals) if (item[name] !== equals[name]) return false;
  for (const name in oneOf) if (!oneOf[name]?.some((value) => item[name] === value)) return false;
  return !absent?.some((name) => item[name] !== undefined);
}

/** The outcomes of a transaction's writes, and whether all may be made. Those that went well carry no item: a transaction answers none. */
export function transactionOutcome(applied: readonly Applied[]): { readonly ok: boolean; readonly outcomes: Outcome[] } {
  const outcomes = applied.map(({ outcome }): Outcome => (outcome.ok ? { ok: true } : outcome));
  return { ok: outcomes.every(({ ok }) => ok), outcomes };
}
