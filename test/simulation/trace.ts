import { createHash } from "node:crypto";
import type { Loop } from "./loop.ts";

/** What happened, line by line: who, what. The same seed gives the same lines; the digest says so without keeping them. */
export class Trace {
  readonly lines: string[] = [];
  private readonly hash = createHash("sha256");
  private readonly start: number;

  constructor(
    private readonly loop: Loop,
    /** Lines are only kept where somebody will read them. */
    private readonly keep: boolean,
  ) {
    this.start = loop.now();
  }

  say(who: string, what: string): void {
    const line = `${((this.loop.now() - this.start) / 1000).toFixed(3).padStart(9)}  ${who.padEnd(14)} ${what}`;
    this.hash.update(line);
    if (this.keep) this.lines.push(line);
  }

  digest(): string {
    return this.hash.copy().digest("hex").slice(0, 16);
  }
}
