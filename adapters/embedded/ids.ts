import { randomInt } from "node:crypto";
import type { Clock } from "../../core/ports/clock.ts";
import type { Ids } from "../../core/ports/ids.ts";
import { orderedIds } from "../ordered-ids.ts";

/** Ids ordered by the clock, with random ends. */
export function systemIds(clock: Clock): Ids {
  return orderedIds(clock, (below) => randomInt(below));
}
