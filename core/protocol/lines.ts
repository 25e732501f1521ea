const NEWLINE = 0x0a;

/** A peer that sends no end of a line. */
export class LineTooLong extends Error {
  constructor(limit: number) {
    super(`A line is longer than ${limit} bytes.`);
    this.name = "LineTooLong";
  }
}

/** Cuts a stream of bytes into lines of UTF-8 text. Holds at most `limit` bytes of an unfinished line. */
export class LineReader {
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  /** `limit`: the longest line, in bytes; may be changed while it reads, also between two lines of one chunk. */
  constructor(public limit: number) {}

  /** The lines that the chunk completes, without their newlines; empty ones are left out. Throws {@link LineTooLong}. */
  *push(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = this.take(chunk.subarray(from, at));
      from = at + 1;
      if (line !== "") yield line;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  private take(end: Buffer): string {
    this.check(end.length);
    if (this.pendingBytes === 0) return end.toString("utf8");
    const line = Buffer.concat([...this.pending, end]).toString("utf8");
    this.pending = [];
    this.pendingBytes = 0;
    return line;
  }

  private keep(rest: Buffer): void {
    this.check(rest.length);
    this.pending.push(rest);
    this.pendingBytes += rest.length;
  }

  private check(more: number): void {
    if (this.pendingBytes + more > this.limit) throw new LineTooLong(this.limit);
  }
}
