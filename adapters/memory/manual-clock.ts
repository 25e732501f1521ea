import type { Clock } from "../../core/ports/clock.ts";
import { DueHeap } from "../due-heap.ts";
import type { Timer, Timers } from "../timers.ts";

interface Alarm {
  due: number;
  place: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that stands still until a test moves it, and the timers that go off as it passes. */
export class ManualClock implements Clock, Timers {
  private readonly alarms = new DueHeap<Alarm>();
  private count = 0;

  /** `time`: where it starts, in milliseconds since the epoch. */
  constructor(private time = Date.UTC(2024, 0, 1)) {}

  now(): number {
    return this.time;
  }

  set(callback: () => void, milliseconds: number): Timer {
    const alarm: Alarm = { due: this.time + Math.max(0, milliseconds), place: -1, order: this.count++, callback };
    this.alarms.add(alarm);
    return alarm;
  }

  clear(timer: Timer): void {
    if (timer) this.alarms.remove(timer as Alarm);
  }

  /** When the next timer goes off; undefined when none is set. */
  get nextDue(): number | undefined {
    return this.alarms.first?.due;
  }

  /** Moves time on; each timer goes off at its own moment, in order, and what it set in turn goes off too where it is due. */
  async advance(milliseconds: number): Promise<void> {
    await settled();
    const end = this.time + milliseconds;
    for (let alarm = this.alarms.first; alarm && alarm.due <= end; alarm = this.alarms.first) {
      this.alarms.remove(alarm);
      this.time = Math.max(this.time, alarm.due);
      alarm.callback();
      await settled();
    }
    this.time = end;
    await settled();
  }
}

/** Resolves when all that could go on without the passing of time has gone on. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
