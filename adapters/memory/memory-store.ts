import type { Item, Key, Outcome, Page, Query, Store, Value, Write } from "../../core/ports/store.ts";
import { type Applied, applyWrite, transactionOutcome } from "../apply-write.ts";
import { checkBatch, checkKey, checkKeys, checkQuery, checkTransaction, checkWrite, keyOf, MAX_PAGE_BYTES } from "../store-limits.ts";
import { Partition } from "./partition.ts";

/**
 * The store's promises without its durability, for simulations: deterministic, every promise resolves as a microtask.
 * Items are kept and handed out frozen, so nothing that a caller does to them changes what is stored.
 */
export class MemoryStore implements Store {
  private readonly partitions = new Map<string, Partition>();

  async get(key: Key): Promise<Item | undefined> {
    checkKey(key);
    return this.find(key);
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    checkKeys(keys);
    return keys.map((key) => this.find(key));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    const partition = this.partitions.get(query.pk);
    if (!partition) return { items: [] };
    const items: Item[] = [];
    let bytes = 0;
    for (const entry of partition.range(query)) {
      const last = items.at(-1);
      if (last && (items.length === query.limit || bytes + entry.bytes > MAX_PAGE_BYTES)) return { items, next: last.sk };
      items.push(entry.item);
      bytes += entry.bytes;
    }
    return { items };
  }

  async write(write: Write): Promise<Outcome> {
    checkWrite(write);
    const applied = this.decide(write);
    this.make([write], [applied]);
    return applied.outcome;
  }

  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    checkBatch(writes);
    const applied = writes.map((write) => this.decide(write));
    this.make(writes, applied);
    return applied.map(({ outcome }) => outcome);
  }

  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    checkTransaction(writes);
    const applied = writes.map((write) => this.decide(write));
    const result = transactionOutcome(applied);
    if (result.ok) this.make(writes, applied);
    return result;
  }

  /** Every item, for a test that looks at the whole state. */
  dump(): Item[] {
    return [...this.partitions.values()].flatMap((partition) => [...partition.range({ pk: "", limit: 0 })].map(({ item }) => item));
  }

  private find(key: Key): Item | undefined {
    return this.partitions.get(key.pk)?.get(key.sk);
  }

  private decide(write: Write): Applied {
    const own = write.kind === "insert" ? { ...write, item: frozenCopy(write.item) } : write.kind === "update" ? frozenCopy(write) : write;
    const applied = applyWrite(this.find(keyOf(own)), own);
    if (applied.change?.item) Object.freeze(applied.change.item);
    return applied;
  }

  private make(writes: readonly Write[], applied: readonly Applied[]): void {
    for (const [index, write] of writes.entries()) {
      const change = applied[index]?.change;
      if (!change) continue;
      const { pk, sk } = keyOf(write);
      const partition = this.partitions.get(pk) ?? new Partition();
      if (change.item) {
        partition.set(sk, { item: change.item, bytes: change.bytes });
        this.partitions.set(pk, partition);
      } else {
        partition.delete(sk);
        if (partition.size === 0) this.partitions.delete(pk);
      }
    }
  }
}

/** What is not plain JSON is left as it is, for the store's checks to refuse. */
function frozenCopy<T extends Value | object>(value: T): T {
  if (typeof value !== "object" || value === null || !(Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype))
    return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, Value>;
  for (const name of Object.keys(copy)) copy[name] = frozenCopy(copy[name] as Value);
  return Object.freeze(copy) as T;
}
