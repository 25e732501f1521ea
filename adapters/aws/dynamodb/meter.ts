import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../../core/ports/store.ts";
import { keyOf } from "../../store-limits.ts";
import { itemBytes, readUnits, writeUnits } from "./capacity.ts";

export interface Count {
  requests: number;
  writeUnits: number;
  readUnits: number;
}

/**
 * Counts what a store's calls would cost on DynamoDB, whatever store they go to. It knows an item's size before a write only where it saw the
 * item come, so it must see all writes; it remembers every item's size, which is meant for tests and benches.
 */
export class MeteredStore implements Store {
  /** By the kind of call or write and the first word of the partition key: `insert task`, `query ready`. */
  readonly counts = new Map<string, Count>();
  private readonly sizes = new Map<string, number>();

  constructor(private readonly store: Store) {}

  /** All counts together. */
  total(): Count {
    const total = { requests: 0, writeUnits: 0, readUnits: 0 };
    for (const count of this.counts.values()) {
      total.requests += count.requests;
      total.writeUnits += count.writeUnits;
      total.readUnits += count.readUnits;
    }
    return total;
  }

  /** Starts counting from nothing; the sizes stay known. */
  reset(): void {
    this.counts.clear();
  }

  async get(key: Key): Promise<Item | undefined> {
    const item = await this.store.get(key);
    this.countRead("get", key.pk, [item], 1);
    return item;
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const items = await this.store.getMany(keys);
    const distinct = new Map(keys.map((key, index) => [nameOf(key), { key, item: items[index] }]));
    let requests = 1;
    for (const { key, item } of distinct.values()) {
      this.countRead("getMany", key.pk, [item], requests);
      requests = 0;
    }
    return items;
  }

  async query(query: Query): Promise<Page> {
    const page = await this.store.query(query);
    this.countRead("query", query.pk, page.items, 1);
    return page;
  }

  async write(write: Write): Promise<Outcome> {
    const outcome = await this.store.write(write);
    this.countWrite(write, outcome, 1, 1);
    return outcome;
  }

  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    const outcomes = await this.store.batch(writes);
    for (const [index, write] of writes.entries()) this.countWrite(write, outcomes[index] as Outcome, 1, index === 0 ? 1 : 0);
    return outcomes;
  }

  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    const result = await this.store.transact(writes);
    for (const [index, write] of writes.entries()) {
      // None was made where one was stopped, but all are paid for; and a transaction answers no items.
      if (result.ok) this.countWrite(write, { ok: true, ...afterOf(write) }, 2, index === 0 ? 1 : 0);
      else this.add(write.kind, keyOf(write).pk, index === 0 ? 1 : 0, 2 * writeUnits(this.sizeOf(keyOf(write)), 0), 0);
    }
    return result;
  }

  private countRead(what: string, pk: string, items: readonly (Item | undefined)[], requests: number): void {
    const bytes = items.reduce((sum, item) => sum + (item ? itemBytes(item) : 0), 0);
    this.add(what, pk, requests, 0, readUnits(bytes));
  }

  private countWrite(write: Write, outcome: Outcome, times: number, requests: number): void {
    const key = keyOf(write);
    const before = this.sizeOf(key);
    const gone = outcome.ok && write.kind === "delete";
    const after = outcome.ok && !gone && outcome.item ? itemBytes(outcome.item) : 0;
    const found = !outcome.ok && outcome.item ? itemBytes(outcome.item) : 0;
    this.add(write.kind, key.pk, requests, times * writeUnits(Math.max(before, found), after), 0);
    if (gone) this.sizes.delete(nameOf(key));
    else if (after > 0) this.sizes.set(nameOf(key), after);
  }

  private sizeOf(key: Key): number {
    return this.sizes.get(nameOf(key)) ?? 0;
  }

  private add(what: string, pk: string, requests: number, writes: number, reads: number): void {
    const name = `${what} ${pk.split("#", 1)[0]}`;
    const count = this.counts.get(name) ?? { requests: 0, writeUnits: 0, readUnits: 0 };
    count.requests += requests;
    count.writeUnits += writes;
    count.readUnits += reads;
    this.counts.set(name, count);
  }
}

/** What is known of an item after a write that answered none. */
function afterOf(write: Write): { item?: Item } {
  return write.kind === "insert" ? { item: write.item } : {};
}

function nameOf({ pk, sk }: Key): string {
  return `${pk}\0${sk}`;
}
