import { DueHeap } from "../../adapters/due-heap.ts";
import type { Clock } from "../../core/ports/clock.ts";

/** So many events pass between two breaths of the process. */
const BREATH = 1_000;

interface Event {
  due: number;
  place: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * The one clock, and the one thing that makes anything go on: events in the order of their times, and of their making where the times are equal.
 * Between two events all that can go on by itself goes on, so the order of everything is decided here.
 */
export class Loop implements Clock {
  private readonly events = new DueHeap<Event>();
  private made = 0;
  private time: number;
  /** So many events were run. */
  count = 0;

  constructor(start = Date.UTC(2024, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return Math.floor(this.time);
  }

  /** Calls back once, after so many milliseconds. Answers what takes it back. */
  after(milliseconds: number, run: () => void): () => void {
    const event: Event = { due: this.time + Math.max(0, milliseconds), place: -1, order: this.made++, run };
    this.events.add(event);
    return () => this.events.remove(event);
  }

  /** A promise of the time after so many milliseconds. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Runs events until `done` holds (asked between events), nothing is left, or the time is past `until`. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    await turn();
    while (!done()) {
      const event = this.events.first;
      if (!event || event.due > until) {
        this.time = Math.max(this.time, until);
        return;
      }
      this.events.remove(event);
      this.time = Math.max(this.time, event.due);
      this.count++;
      event.run();
      await (this.count % BREATH === 0 ? breathe() : turn());
    }
  }
}

/** Resolves when every promise that could go on has gone on: a tick that is asked for from within promises comes when none is left to go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Lets the process do what else it has to. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
