/** Work ahead, in task slots: enough to bridge a round trip at any rate that one machine can spawn. */
const MAX_AHEAD_PER_SLOT = 64;
const MAX_AHEAD = 1_024;
const HORIZON_MS = 1_000;
/** Before so many tasks have ended, nothing is known of how long they take. */
const ENOUGH_SEEN = 3;
const WEIGHT = 0.2;
/** A waiting task that found no slot for so long runs sooner elsewhere. */
export const PATIENCE_MS = 2_000;

interface Waiting<T> {
  readonly item: T;
  readonly slots: number;
  readonly since: number;
}

/**
 * Gives a node's slots to tasks in the order they came, and says how many more to send: its free slots, and ahead of them about one second
 * of work by the durations seen. Where tasks take half a second or more nothing is asked ahead: long tasks never wait behind one another.
 */
export class Admission<T> {
  private inUse = 0;
  private waiting: Waiting<T>[] = [];
  private waitingSlots = 0;
  private seen = 0;
  private averageMs = 0;

  constructor(private readonly total: number) {}

  get slotsInUse(): number {
    return this.inUse;
  }
  get waitingTasks(): number {
    return this.waiting.length;
  }

  add(item: T, slots: number, now: number): void {
    this.waiting.push({ item, slots, since: now });
    this.waitingSlots += slots;
  }

  /** The next task, whose slots are taken by this; undefined while there are none for it. A large task is not overtaken by small ones. */
  admit(): T | undefined {
    const first = this.waiting[0];
    if (first === undefined || this.inUse + first.slots > this.total) return undefined;
    this.waiting.shift();
    this.waitingSlots -= first.slots;
    this.inUse += first.slots;
    return first.item;
  }

  /** A task has ended that held slots for so long. */
  release(slots: number, durationMs: number): void {
    this.inUse -= slots;
    this.averageMs = this.seen === 0 ? durationMs : this.averageMs + WEIGHT * (durationMs - this.averageMs);
    this.seen++;
  }

  /** A task that was admitted did not run after all. */
  withdrawAdmitted(slots: number): void {
    this.inUse -= slots;
  }

  /** Takes out the waiting tasks that match. */
  withdraw(match: (item: T) => boolean): T[] {
    const out = this.waiting.filter((entry) => match(entry.item));
    if (out.length === 0) return [];
    this.waiting = this.waiting.filter((entry) => !match(entry.item));
    this.waitingSlots = this.waiting.reduce((sum, entry) => sum + entry.slots, 0);
    return out.map((entry) => entry.item);
  }

  /** Takes out the tasks that have waited too long, or that this node can never run. They show that it asked for too many. */
  impatient(now: number): T[] {
    const late = new Set(this.waiting.filter((entry) => entry.slots > this.total || now - entry.since >= PATIENCE_MS).map((e) => e.item));
    if (late.size > 0) this.averageMs = Math.max(this.averageMs, HORIZON_MS);
    return this.withdraw((item) => late.has(item));
  }

  /** When {@link impatient} has something to do; undefined when nothing waits. */
  nextImpatience(): number | undefined {
    const first = this.waiting[0];
    return first === undefined ? undefined : first.since + PATIENCE_MS;
  }

  /** Slots' worth of tasks that the node would take now. */
  want(): number {
    return Math.max(0, this.total - this.inUse + this.ahead() - this.waitingSlots);
  }

  private ahead(): number {
    if (this.seen < ENOUGH_SEEN) return 0;
    const each = Math.floor(HORIZON_MS / Math.max(this.averageMs, 1)) - 1;
    return Math.min(MAX_AHEAD, this.total * Math.min(MAX_AHEAD_PER_SLOT, Math.max(0, each)));
  }
}
