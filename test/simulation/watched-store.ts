import { MemoryStore } from "../../adapters/memory/memory-store.ts";
import { checkBatch } from "../../adapters/store-limits.ts";
import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../core/ports/store.ts";

export type Observe = (before: Item | undefined, after: Item | undefined, write: Write) => void;

/** An in-memory store that tells of every change that it makes. `twist` may change a write on its way in: that is how bugs are planted. */
export class WatchedStore implements Store {
  readonly inner = new MemoryStore();
  /** So many items are there. */
  size = 0;
  twist: ((write: Write) => Promise<Write | undefined>) | undefined;

  constructor(private readonly observe: Observe) {}

  get(key: Key): Promise<Item | undefined> {
    return this.inner.get(key);
  }
  getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    return this.inner.getMany(keys);
  }
  query(query: Query): Promise<Page> {
    return this.inner.query(query);
  }

  async write(given: Write): Promise<Outcome> {
    const write = this.twist ? await this.twist(given) : given;
    if (!write) return { ok: true };
    const key = write.kind === "insert" ? write.item : write.key;
    const place = { pk: key.pk, sk: key.sk };
    const before = await this.inner.get(place);
    const outcome = await this.inner.write(write);
    if (outcome.ok) {
      const after = await this.inner.get(place);
      this.size += (after ? 1 : 0) - (before ? 1 : 0);
      this.observe(before, after, write);
    }
    return outcome;
  }

  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    checkBatch(writes);
    const outcomes: Outcome[] = [];
    for (const write of writes) outcomes.push(await this.write(write));
    return outcomes;
  }

  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    const places = writes.map((write) => (write.kind === "insert" ? write.item : write.key)).map(({ pk, sk }) => ({ pk, sk }));
    const before = await this.inner.getMany(places);
    const result = await this.inner.transact(writes);
    const after = await this.inner.getMany(places);
    if (!result.ok) return result;
    for (const [index, write] of writes.entries()) {
      this.size += (after[index] ? 1 : 0) - (before[index] ? 1 : 0);
      this.observe(before[index], after[index], write);
    }
    return result;
  }
}
