import type { Item, Key, Outcome, Page, Query, Store, Write } from "../../core/ports/store.ts";

/** The process that called is no more. */
export class Killed extends Error {}

/** A store that its process can be killed at: after so many writes, also in the middle of a batch, and dead to every call from then on until it is revived. */
export class MortalStore implements Store {
  private left = Number.POSITIVE_INFINITY;

  constructor(private readonly inner: Store) {}

  /** Lets so many more writes through. */
  dieAfter(writes: number): void {
    this.left = writes;
  }

  /** Another process: answers whether the one before was killed. */
  revive(): boolean {
    const killed = this.left < 0;
    this.left = Number.POSITIVE_INFINITY;
    return killed;
  }

  /** Anything else that the process does to the world: killed before it as before a write. */
  async step(): Promise<void> {
    this.take(1);
    this.live();
  }

  async get(key: Key): Promise<Item | undefined> {
    this.live();
    return this.inner.get(key);
  }
  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    this.live();
    return this.inner.getMany(keys);
  }
  async query(query: Query): Promise<Page> {
    this.live();
    return this.inner.query(query);
  }
  async write(write: Write): Promise<Outcome> {
    this.take(1);
    this.live();
    return this.inner.write(write);
  }
  async batch(writes: readonly Write[]): Promise<Outcome[]> {
    const made = writes.slice(0, this.take(writes.length));
    const outcomes = made.length > 0 ? await this.inner.batch(made) : [];
    this.live();
    return outcomes;
  }
  async transact(writes: readonly Write[]): Promise<{ readonly ok: boolean; readonly outcomes: Outcome[] }> {
    this.take(1);
    this.live();
    return this.inner.transact(writes);
  }

  /** How many of so many writes are made; that one is not made kills. */
  private take(writes: number): number {
    const made = Math.max(0, Math.min(writes, this.left));
    this.left = made < writes ? -1 : this.left - writes;
    return made;
  }

  private live(): void {
    if (this.left < 0) throw new Killed("The process was killed.");
  }
}
