import { afterMs } from "./long-timer.ts";

/** The agent's only source of time, so that it can be driven by another than the system's. */
export interface Time {
  /** Milliseconds since the epoch, by this machine's clock. */
  now(): number;
  /** Milliseconds since some moment; never goes back. */
  elapsed(): number;
  /** Calls back once, after so many milliseconds, however many. Answers what takes it back. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Calls back when the running step is over. */
  soon(callback: () => void): void;
}

export const systemTime: Time = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: afterMs,
  soon: (callback) => void setImmediate(callback),
};

export function isoNow(time: Time): string {
  return new Date(time.now()).toISOString();
}

/** Calls back again and again. Answers what ends it. */
export function every(time: Time, milliseconds: number, callback: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = time.after(milliseconds, () => {
      next();
      callback();
    });
  };
  next();
  return () => cancel();
}
