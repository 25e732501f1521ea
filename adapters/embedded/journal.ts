/** A message as it must come back after a restart. */
export interface JournalRecord<T> {
  /** Grows from message to message of the queue. */
  readonly order: number;
  readonly body: T;
  readonly group?: string;
  /** Milliseconds since the epoch. */
  readonly due: number;
}

/** Where a durable queue keeps what was sent and is not acknowledged. Each promise resolves when the change is on the disk. */
export interface Journal<T> {
  /** In order. */
  load(): { readonly waiting: JournalRecord<T>[]; readonly dead: JournalRecord<T>[] };
  append(records: readonly JournalRecord<T>[]): Promise<void>;
  remove(orders: readonly number[]): Promise<void>;
  /** Moves a record to the dead ones, and drops the dead ones named in `forget`. */
  bury(record: JournalRecord<T>, forget: readonly number[]): Promise<void>;
}
