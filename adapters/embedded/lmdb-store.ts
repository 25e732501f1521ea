import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../core/ports/store.ts";
import { type Applied, applyWrite, transactionOutcome } from "../apply-write.ts";
import { checkBatch, checkKey, checkKeys, checkQuery, checkTransaction, checkWrite, keyOf, MAX_PAGE_BYTES } from "../store-limits.ts";
import type { Draft, Table } from "./commit-group.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";

/** Ends the partition key; no partition key holds it, and no key sorts below it. */
const END = "\0";
const AFTER_END = "\x01";

/** The store in an LMDB environment. Items are kept as JSON under `pk NUL sk`; a write's promise resolves when it is on the disk. */
export class LmdbStore implements Store {
  private readonly table: Table;

  constructor(private readonly environment: LmdbEnvironment) {
    this.table = environment.table("items");
  }

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
    const range = rangeOf(query);
    if (!range) return { items: [] };
    return this.environment.read(() => {
      const items: Item[] = [];
      let bytes = 0;
      for (const { value } of this.table.getRange({ ...range, limit: query.limit + 1 })) {
        bytes += value.length;
        const last = items.at(-1);
        if (last && (items.length === query.limit || bytes > MAX_PAGE_BYTES)) return { items, next: last.sk };
        items.push(JSON.parse(value));
      }
      return { items };
    });
  }

  async write(write: Write): Promise<Outcome> {
    checkWrite(write);
    return this.environment.commit((draft) => {
      const applied = this.decide(draft, write);
      this.make(draft, [write], [applied]);
      return applied.outcome;
    });
  }

  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    checkBatch(writes);
    return this.environment.commit((draft) => {
      const applied = writes.map((write) => this.decide(draft, write));
      this.make(draft, writes, applied);
      return applied.map(({ outcome }) => outcome);
    });
  }

  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    checkTransaction(writes);
    return this.environment.commit((draft) => {
      const applied = writes.map((write) => this.decide(draft, write));
      const result = transactionOutcome(applied);
      if (result.ok) this.make(draft, writes, applied);
      return result;
    });
  }

  private find(key: Key): Item | undefined {
    const value = this.environment.read(() => this.table.get(Buffer.from(place(key))));
    return value === undefined ? undefined : JSON.parse(value);
  }

  private decide(draft: Draft, write: Write): Applied {
    const found = draft.get(this.table, place(keyOf(write)));
    return applyWrite(found === undefined ? undefined : JSON.parse(found), write);
  }

  private make(draft: Draft, writes: readonly Write[], applied: readonly Applied[]): void {
    for (const [index, write] of writes.entries()) {
      const change = applied[index]?.change;
      if (!change) continue;
      const at = place(keyOf(write));
      if (change.item) draft.put(this.table, at, JSON.stringify(change.item));
      else draft.remove(this.table, at);
    }
  }
}

function place({ pk, sk }: Key): string {
  return pk + END + sk;
}

/** The query as a range of the table's keys; undefined when nothing can lie in it. */
function rangeOf({ pk, prefix = "", after, reverse = false }: Query) {
  const lowest = Buffer.from(pk + END + prefix);
  const past = Buffer.from(prefix ? pk + END + prefix : pk + AFTER_END);
  // No byte of UTF-8 is 255, so the last one can always be raised: what begins with the prefix lies below.
  if (prefix) past[past.length - 1] = (past.at(-1) ?? 0) + 1;
  const cut = after === undefined ? undefined : Buffer.from(pk + END + after);
  if (reverse) {
    const high = cut && Buffer.compare(cut, past) < 0 ? cut : past;
    return Buffer.compare(high, lowest) <= 0 ? undefined : { start: high, exclusiveStart: true, end: lowest, inclusiveEnd: true, reverse };
  }
  const low = cut && Buffer.compare(cut, lowest) >= 0 ? { start: cut, exclusiveStart: true } : { start: lowest };
  return Buffer.compare(low.start, past) >= 0 ? undefined : { ...low, end: past };
}
