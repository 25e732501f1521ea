import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../../core/ports/store.ts";

/** A store whose every request takes as long as `pause` does. */
export class SlowStore implements Store {
  constructor(
    private readonly inner: Store,
    private readonly pause: () => Promise<void>,
  ) {}

  async get(key: Key): Promise<Item | undefined> {
    await this.pause();
    return this.inner.get(key);
  }
  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    await this.pause();
    return this.inner.getMany(keys);
  }
  async query(query: Query): Promise<Page> {
    await this.pause();
    return this.inner.query(query);
  }
  async write(write: Write): Promise<Outcome> {
    await this.pause();
    return this.inner.write(write);
  }
  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    await this.pause();
    return this.inner.batch(writes);
  }
  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    await this.pause();
    return this.inner.transact(writes);
  }
}
