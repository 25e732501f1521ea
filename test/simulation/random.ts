/** A source of randomness that a seed decides: the same seed gives the same numbers on every run (sfc32). */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  constructor(seed: number) {
    this.a = seed >>> 0;
    this.b = 0x9e3779b9 ^ Math.floor(seed / 2 ** 32);
    this.c = 0x243f6a88;
    for (let i = 0; i < 12; i++) this.bits();
  }

  private bits(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return sum >>> 0;
  }

  /** From 0, below 1. */
  next(): number {
    return this.bits() / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** Between `low` and `high`, small ones as likely as large ones by their order of magnitude. */
  logarithmic(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }

  /** Another source, independent of how much of this one is used afterwards. */
  fork(): Random {
    return new Random(this.bits() * 2 ** 20 + this.bits());
  }
}
