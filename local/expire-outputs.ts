import type { KeptOutputs } from "../adapters/embedded/kept-outputs.ts";
import type { Timers } from "../adapters/timers.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";

const EVERY_MS = 60_000;

/** Removes kept outputs whose retention is over: now, and every minute until `stop`, which waits for what is under way. */
export function expireOutputs(kept: KeptOutputs, clock: Clock, timers: Timers, log: Log): { stop(): Promise<void> } {
  let stopped = false;
  let timer: unknown;
  const round = async () => {
    try {
      await kept.expire(clock.now());
    } catch (error) {
      log("error", "outputs.not-expired", { error });
    }
    if (stopped) return;
    timer = timers.set(() => {
      running = round();
    }, EVERY_MS);
  };
  let running = round();
  return {
    stop() {
      stopped = true;
      timers.clear(timer);
      return running;
    },
  };
}
