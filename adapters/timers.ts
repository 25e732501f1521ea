/** A timer that was set; {@link Timers.clear} takes it back. */
export type Timer = unknown;

/** Where an adapter's waits come from, so that tests and simulations can move time by hand. */
export interface Timers {
  /** Calls back once, after so many milliseconds. The wait alone does not keep the process alive. */
  set(callback: () => void, milliseconds: number): Timer;
  /** No error when it has gone off, or is undefined. */
  clear(timer: Timer): void;
}

/** Node.js counts a timer's milliseconds in 31 bits; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimers: Timers = {
  set: (callback, milliseconds) => setTimeout(callback, Math.min(milliseconds, LONGEST_MS)).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
