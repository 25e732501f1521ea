const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines of UTF-8 text, and never holds more than its limit of one. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private held = 0;

  /** `limit`: the longest line, in bytes; may be raised while it runs. */
  constructor(public limit: number) {}

  /** The lines that the chunk completes, without their ends. Throws when one grows beyond the limit. */
  *push(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.hold(chunk.subarray(from, end));
      from = end + 1;
      const line = (this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts)).toString("utf8");
      this.parts = [];
      this.held = 0;
      yield line;
    }
    if (from < chunk.length) this.hold(chunk.subarray(from));
  }

  private hold(part: Buffer): void {
    this.held += part.length;
    if (this.held > this.limit) throw new Error(`A line is longer than ${this.limit} bytes.`);
    this.parts.push(part);
  }
}
