import type { Clock } from "../core/ports/clock.ts";
import type { Ids } from "../core/ports/ids.ts";

/** 36^9 milliseconds reach into the year 5188; 36^7 ends fit a double with room to spare. */
const TIME_DIGITS = 9;
const END_DIGITS = 7;
const ENDS = 36 ** END_DIGITS;
/** Each step beyond the last id of the same millisecond is at most so large, so that ids cannot be guessed from their neighbours. */
const LARGEST_STEP = 1_000_000;

/**
 * Nine digits of time, seven that begin at random in each millisecond and grow from id to id. A clock that stands still or goes
 * back does not break the order: the ids then go on from the last one. `random` gives a whole number from 0, below its argument.
 */
export function orderedIds(clock: Clock, random: (below: number) => number): Ids {
  let time = -1;
  let end = 0;
  return {
    next() {
      const now = Math.max(0, Math.floor(clock.now()));
      if (now > time) {
        time = now;
        end = random(ENDS / 2);
      } else {
        end += 1 + random(LARGEST_STEP);
        if (end >= ENDS) {
          time += 1;
          end = random(ENDS / 2);
        }
      }
      return time.toString(36).padStart(TIME_DIGITS, "0") + end.toString(36).padStart(END_DIGITS, "0");
    },
  };
}
