import type { Writable } from "node:stream";
import type { Level, Log } from "../core/ports/log.ts";

const SHOWN: ReadonlySet<Level> = new Set(["warn", "error"]);

/** A line of JSON an event, from warnings up. Errors are written with their stack: this is the operator's view, no client's. */
export function logLines(out: Writable): Log {
  return (level, event, fields = {}) => {
    if (!SHOWN.has(level)) return;
    const plain = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? (value.stack ?? value.message) : value]),
    );
    out.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...plain })}\n`);
  };
}
