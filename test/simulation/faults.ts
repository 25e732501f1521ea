import type { Random } from "./random.ts";

/** What can befall one call of a handler to the world outside. */
export type Fate = "fine" | "killed-before" | "killed-after" | "throttled" | "ambiguous";

/** How often each thing goes wrong; probabilities, per call, message or minute as named. */
export interface FaultRates {
  /** A handler dies at a call, before or after it has taken effect. */
  readonly kill: number;
  /** The store refuses for now. */
  readonly throttle: number;
  /** The call took effect, or some of a batch did, and an error is all that comes back. */
  readonly ambiguous: number;
  /** A message is delivered twice. */
  readonly double: number;
  /** A message is held back, up to minutes. */
  readonly late: number;
  /** A machine dies in a minute. */
  readonly nodeDeath: number;
  /** A machine stands still for a while, in a minute. */
  readonly nodeHang: number;
  /** An agent's program dies and is started again, in a minute. */
  readonly agentRestart: number;
  /** A machine's disk fills up for a while, in a minute. */
  readonly diskFull: number;
  /** The fleet gives less than it was asked for. */
  readonly shortfall: number;
}

export const NO_FAULTS: FaultRates = {
  kill: 0,
  throttle: 0,
  ambiguous: 0,
  double: 0,
  late: 0,
  nodeDeath: 0,
  nodeHang: 0,
  agentRestart: 0,
  diskFull: 0,
  shortfall: 0,
};

/** Rates of a seed: some seeds are calm, some are rough in one way, some in every way. */
export function drawRates(random: Random): FaultRates {
  const some = (most: number) => (random.chance(0.5) ? random.logarithmic(most / 100, most) : 0);
  return {
    kill: some(0.02),
    throttle: some(0.02),
    ambiguous: some(0.02),
    double: some(0.2),
    late: some(0.1),
    nodeDeath: some(0.3),
    nodeHang: some(0.3),
    agentRestart: some(0.2),
    shortfall: some(0.5),
    diskFull: some(0.3),
  };
}

/**
 * Decides what goes wrong, in the order of asking. Each fault that strikes has a number; a run may be told to spare some, which is how a failing run is
 * made small enough to read.
 */
export class Faults {
  private stopped = false;
  /** So many faults were drawn: those that struck, and those that were spared. */
  drawn = 0;
  struck = 0;
  /** So many calls of handlers went wrong. */
  calls = 0;

  constructor(
    readonly rates: FaultRates,
    private readonly random: Random,
    private readonly spare: ReadonlySet<number> = new Set(),
  ) {}

  /** From now on nothing goes wrong any more. */
  stop(): void {
    this.stopped = true;
  }

  /** Whether a thing of this probability happens now. */
  strikes(rate: number): boolean {
    if (this.stopped || rate === 0 || !this.random.chance(rate)) return false;
    if (this.spare.has(this.drawn++)) return false;
    this.struck++;
    return true;
  }

  ofCall(store: boolean): Fate {
    const fate = this.drawFate(store);
    if (fate !== "fine") this.calls++;
    return fate;
  }

  private drawFate(store: boolean): Fate {
    const { kill, throttle, ambiguous } = this.rates;
    if (this.strikes(kill)) return this.random.chance(0.5) ? "killed-before" : "killed-after";
    if (store && this.strikes(throttle)) return "throttled";
    if (this.strikes(ambiguous)) return "ambiguous";
    return "fine";
  }

  /** Of a batch that was cut short: whether this part of it took effect. */
  tookEffect(): boolean {
    return this.random.chance(0.5);
  }
}
