import type { Clock } from "../../core/ports/clock.ts";
import type { Ids } from "../../core/ports/ids.ts";
import { orderedIds } from "../ordered-ids.ts";

/** The same seed and the same moments give the same ids. */
export function seededIds(clock: Clock, seed: number): Ids {
  let state = seed >>> 0;
  // Mulberry32: small, and even enough for names.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return orderedIds(clock, (below) => Math.floor(next() * below));
}
