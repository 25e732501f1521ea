import type { Database } from "lmdb";
import type { StoreError } from "../../core/ports/store.ts";

/** Values are JSON, keys the UTF-8 of strings. */
export type Table = Database<string, Buffer>;

/** Reads the state that the plan builds on, and says what becomes of it. */
export interface Draft {
  get(table: Table, key: string): string | undefined;
  put(table: Table, key: string, value: string): void;
  remove(table: Table, key: string): void;
}
/** Runs once, to its end, without waiting. */
export type Plan<T> = (draft: Draft) => T;

export interface Change {
  readonly table: Table;
  readonly key: string;
  /** undefined: gone. */
  readonly value: string | undefined;
}

/** The changes of the plans that are committed together, and the promise that they are. */
export class CommitGroup {
  private readonly byTable = new Map<Table, Map<string, Change>>();
  private settle: { resolve: () => void; reject: (error: StoreError) => void } | undefined;
  private promise: Promise<void> | undefined;
  /** Of keys and values, in UTF-16 units. */
  bytes = 0;

  get changed(): boolean {
    return this.byTable.size > 0;
  }

  /** Somebody waits for it. */
  get used(): boolean {
    return this.promise !== undefined;
  }

  get committed(): Promise<void> {
    this.promise ??= new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    return this.promise;
  }

  succeed(): void {
    this.settle?.resolve();
  }

  fail(error: StoreError): void {
    this.settle?.reject(error);
  }

  find(table: Table, key: string): Change | undefined {
    return this.byTable.get(table)?.get(key);
  }

  *changes(): Generator<Change> {
    for (const changes of this.byTable.values()) yield* changes.values();
  }

  /** Takes up the plan's changes, unless it throws. `before` reads the state before this group. */
  decide<T>(plan: Plan<T>, before: (table: Table, key: string) => string | undefined): T {
    const own: Change[] = [];
    const result = plan({
      get: (table, key) => {
        const change = this.find(table, key);
        return change ? change.value : before(table, key);
      },
      put: (table, key, value) => own.push({ table, key, value }),
      remove: (table, key) => own.push({ table, key, value: undefined }),
    });
    for (const change of own) {
      const changes = this.byTable.get(change.table) ?? new Map<string, Change>();
      this.byTable.set(change.table, changes.set(change.key, change));
      this.bytes += change.key.length + (change.value?.length ?? 0);
    }
    return result;
  }
}
