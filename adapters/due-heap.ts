/** What a {@link DueHeap} holds. The heap keeps `place`; it is -1 while the entry is in none. */
export interface Due {
  due: number;
  place: number;
  /** Breaks ties: of entries due at the same moment the lowest comes first. */
  readonly order: number;
}

/** Entries by when they are due, the earliest first; any of them can be taken out at logarithmic cost. */
export class DueHeap<T extends Due> {
  private readonly entries: T[] = [];

  get size(): number {
    return this.entries.length;
  }

  get first(): T | undefined {
    return this.entries[0];
  }

  /** The entry must not be in a heap already. */
  add(entry: T): void {
    entry.place = this.entries.length;
    this.entries.push(entry);
    this.rise(entry);
  }

  /** No error when it is not there. */
  remove(entry: T): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.entries.pop() as T;
    if (last === entry) return;
    this.put(last, place);
    this.rise(last);
    this.sink(last);
  }

  private rise(entry: T): void {
    while (entry.place > 0) {
      const parentPlace = (entry.place - 1) >> 1;
      const parent = this.entries[parentPlace] as T;
      if (!before(entry, parent)) return;
      this.put(parent, entry.place);
      this.put(entry, parentPlace);
    }
  }

  private sink(entry: T): void {
    for (;;) {
      const left = this.entries[entry.place * 2 + 1];
      const right = this.entries[entry.place * 2 + 2];
      const child = right && left && before(right, left) ? right : left;
      if (!child || !before(child, entry)) return;
      const childPlace = child.place;
      this.put(child, entry.place);
      this.put(entry, childPlace);
    }
  }

  private put(entry: T, place: number): void {
    this.entries[place] = entry;
    entry.place = place;
  }
}

function before(a: Due, b: Due): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
