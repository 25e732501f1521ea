import type { Table } from "./commit-group.ts";
import type { Journal, JournalRecord } from "./journal.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";

const ORDER_DIGITS = 11;

/** A queue's messages in an LMDB environment, under the queue's name. */
export class LmdbJournal<T> implements Journal<T> {
  private readonly table: Table;

  /** `queue` must not hold a zero character. */
  constructor(
    private readonly environment: LmdbEnvironment,
    private readonly queue: string,
  ) {
    this.table = environment.table("messages");
  }

  load(): { readonly waiting: JournalRecord<T>[]; readonly dead: JournalRecord<T>[] } {
    return { waiting: this.records("waiting"), dead: this.records("dead") };
  }

  async append(records: readonly JournalRecord<T>[]): Promise<void> {
    await this.environment.commit((draft) => {
      for (const record of records) draft.put(this.table, this.place("waiting", record.order), JSON.stringify(bare(record)));
    });
  }

  async remove(orders: readonly number[]): Promise<void> {
    await this.environment.commit((draft) => {
      for (const order of orders) draft.remove(this.table, this.place("waiting", order));
    });
  }

  async bury(record: JournalRecord<T>, forget: readonly number[]): Promise<void> {
    await this.environment.commit((draft) => {
      draft.remove(this.table, this.place("waiting", record.order));
      draft.put(this.table, this.place("dead", record.order), JSON.stringify(bare(record)));
      for (const order of forget) draft.remove(this.table, this.place("dead", order));
    });
  }

  private records(part: "waiting" | "dead"): JournalRecord<T>[] {
    const start = Buffer.from(`${this.queue}\0${part}\0`);
    const end = Buffer.from(`${this.queue}\0${part}\x01`);
    return this.environment.read(() => [...this.table.getRange({ start, end })].map(({ value }) => JSON.parse(value)));
  }

  private place(part: "waiting" | "dead", order: number): string {
    return `${this.queue}\0${part}\0${order.toString(36).padStart(ORDER_DIGITS, "0")}`;
  }
}

/** Without what the queue keeps beside it. */
function bare<T>({ order, body, group, due }: JournalRecord<T>): JournalRecord<T> {
  return group === undefined ? { order, body, due } : { order, body, group, due };
}
