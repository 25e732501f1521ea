import { failureOf, storeError } from "./errors.ts";

const TRIES = 8;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

export type Pause = (milliseconds: number) => Promise<void>;

export const realPause: Pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Doubling from 25 ms to a second, anywhere between nothing and that: who was turned away together does not come back together. */
export function pauseAfter(tries: number, random: () => number = Math.random): number {
  return random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
}

/**
 * Runs until it does not fail, at most eight times, about three seconds of pauses in all; throws a StoreError otherwise. `run` learns whether an
 * earlier try may have been carried out. Where `once` is true, such a try is not followed by another.
 */
export async function repeat<T>(table: string, pause: Pause, once: boolean, run: (unclear: boolean) => Promise<T>): Promise<T> {
  let unclear = false;
  for (let tries = 1; ; tries++) {
    try {
      return await run(unclear);
    } catch (error) {
      const failure = failureOf(error);
      if (tries === TRIES || failure === "fatal" || failure === "condition" || (failure === "unclear" && once)) {
        throw storeError(table, error);
      }
      unclear ||= failure === "unclear";
    }
    await pause(pauseAfter(tries));
  }
}
