import type { Item, Query } from "../../core/ports/store.ts";
import { compareUtf8 } from "../utf8-order.ts";

export interface Entry {
  readonly item: Item;
  readonly bytes: number;
}

/** The items under one partition key, in the order of the UTF-8 bytes of their sort keys. */
export class Partition {
  private readonly entries = new Map<string, Entry>();
  private readonly order: string[] = [];

  get size(): number {
    return this.entries.size;
  }

  get(sk: string): Item | undefined {
    return this.entries.get(sk)?.item;
  }

  set(sk: string, entry: Entry): void {
    if (!this.entries.has(sk)) {
      const last = this.order.at(-1);
      if (last === undefined || compareUtf8(last, sk) < 0) this.order.push(sk);
      else this.order.splice(this.firstAtLeast(sk), 0, sk);
    }
    this.entries.set(sk, entry);
  }

  delete(sk: string): void {
    if (this.entries.delete(sk)) this.order.splice(this.firstAtLeast(sk), 1);
  }

  /** The entries that the query asks for, its limit aside. */
  *range({ prefix = "", after, reverse = false }: Query): Generator<Entry> {
    let low = prefix ? this.firstAtLeast(prefix) : 0;
    let high = prefix ? this.firstPast(prefix) : this.order.length;
    if (after !== undefined) {
      const place = this.firstAtLeast(after);
      if (reverse) high = Math.min(high, place);
      else low = Math.max(low, this.order[place] === after ? place + 1 : place);
    }
    for (let step = 0; low + step < high; step++) {
      const sk = this.order[reverse ? high - 1 - step : low + step] as string;
      yield this.entries.get(sk) as Entry;
    }
  }

  private firstAtLeast(sk: string): number {
    return this.search((other) => compareUtf8(other, sk) >= 0);
  }

  /** The place after the last key that begins with the prefix: such keys lie together, right after the keys that sort before it. */
  private firstPast(prefix: string): number {
    return this.search((other) => compareUtf8(other, prefix) > 0 && !other.startsWith(prefix));
  }

  private search(reached: (sk: string) => boolean): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.order[middle] as string)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
