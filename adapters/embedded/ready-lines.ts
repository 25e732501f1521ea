/** A message that is ready to be taken, or was taken and is not settled yet. */
export interface Ready {
  /** Grows from message to message. */
  readonly order: number;
  readonly group?: string;
}

/** The messages of a queue that can be taken now, and the rule of who comes next. */
export interface ReadyLine<T extends Ready> {
  readonly empty: boolean;
  add(entry: T): void;
  take(max: number): T[];
  /** A taken entry was acknowledged, buried, or added again. */
  settle(entry: T): void;
}

/** First in, first out, at constant cost. */
export class Line<T> {
  private entries: T[] = [];
  private head = 0;

  get empty(): boolean {
    return this.head === this.entries.length;
  }

  push(entry: T): void {
    this.entries.push(entry);
  }

  shift(): T | undefined {
    if (this.empty) return undefined;
    const entry = this.entries[this.head] as T;
    // What was taken must not be kept alive by the array; the array is cut once half of it is gone.
    this.entries[this.head++] = undefined as T;
    if (this.head > 64 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return entry;
  }
}

/** A standard queue: whatever is ready, oldest arrival first. */
export class StandardLine<T extends Ready> implements ReadyLine<T> {
  private readonly line = new Line<T>();

  get empty(): boolean {
    return this.line.empty;
  }

  add(entry: T): void {
    this.line.push(entry);
  }

  take(max: number): T[] {
    const taken: T[] = [];
    while (taken.length < max && !this.line.empty) taken.push(this.line.shift() as T);
    return taken;
  }

  settle(): void {}
}

interface Group<T> {
  /** In order. */
  readonly waiting: T[];
  taken: number;
}

/** A FIFO queue: each take gives messages of one group, in order, and that group waits until all of them are settled. Groups take turns. */
export class GroupLine<T extends Ready> implements ReadyLine<T> {
  private readonly groups = new Map<string, Group<T>>();
  /** Names of the groups that have messages waiting and none taken. */
  private readonly turns = new Line<string>();

  get empty(): boolean {
    return this.turns.empty;
  }

  add(entry: T): void {
    const name = entry.group ?? "";
    let group = this.groups.get(name);
    if (!group) {
      group = { waiting: [], taken: 0 };
      this.groups.set(name, group);
    }
    if (group.waiting.length === 0 && group.taken === 0) this.turns.push(name);
    let place = group.waiting.length;
    while (place > 0 && (group.waiting[place - 1] as T).order > entry.order) place--;
    group.waiting.splice(place, 0, entry);
  }

  take(max: number): T[] {
    const group = this.groups.get(this.turns.shift() ?? "");
    if (!group) return [];
    const taken = group.waiting.splice(0, max);
    group.taken = taken.length;
    return taken;
  }

  settle(entry: T): void {
    const name = entry.group ?? "";
    const group = this.groups.get(name);
    if (!group || --group.taken > 0) return;
    if (group.waiting.length > 0) this.turns.push(name);
    else this.groups.delete(name);
  }
}
