import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../core/ports/store.ts";

/** Counts the requests to a store, and how often a whole partition was read through. */
export class CountingStore implements Store {
  requests = 0;
  /** Items that queries answered, by the kind of their partition or, where several share one, of their sort key. */
  readonly read = new Map<string, number>();

  constructor(private readonly inner: Store) {}

  reset(): void {
    this.requests = 0;
    this.read.clear();
  }

  get(key: Key): Promise<Item | undefined> {
    this.requests++;
    return this.inner.get(key);
  }
  getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    this.requests++;
    return this.inner.getMany(keys);
  }
  async query(query: Query): Promise<Page> {
    this.requests++;
    const page = await this.inner.query(query);
    const kind = (query.prefix ?? query.pk).split("#")[0] ?? "";
    this.read.set(kind, (this.read.get(kind) ?? 0) + page.items.length);
    return page;
  }
  write(write: Write): Promise<Outcome> {
    this.requests++;
    return this.inner.write(write);
  }
  batch(writes: readonly Write[]): Promise<Outcome[]> {
    this.requests++;
    return this.inner.batch(writes);
  }
  transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    this.requests++;
    return this.inner.transact(writes);
  }
}
