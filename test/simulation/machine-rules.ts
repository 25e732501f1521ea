import { Violation } from "./violation.ts";

/** So long a machine may take tasks after its disk became full: it looks at it now and then. */
const NOTICES_MS = 5_000;

/** A start task, as the simulation's programs say it. */
export interface SimStartTask {
  /** Tasks wait for its success. */
  readonly waits: boolean;
  /** How often it may run at a boot. */
  readonly tries: number;
}

/** What one machine must never do, whatever befalls it: run a task before a start task that is to be waited for has ended well, or with a full disk. */
export class MachineRules {
  private prepared = true;
  private tries = 0;
  private runs = 0;
  private fullSince = Number.POSITIVE_INFINITY;

  constructor(
    private readonly machineId: string,
    private readonly now: () => number,
  ) {}

  booted(): void {
    this.prepared = true;
    this.tries = 0;
  }

  /** Answers its exit code, of those of all its runs on the machine. */
  startTaskBegins({ waits, tries }: SimStartTask, exitCodes: readonly number[]): number {
    this.prepared = !waits;
    if (++this.tries > tries)
      throw new Violation("start task tries", `${this.machineId} tries its start task ${this.tries} times of ${tries}`);
    return exitCodes[Math.min(this.runs++, exitCodes.length - 1)] ?? 0;
  }

  startTaskSucceeded(): void {
    this.prepared = true;
  }

  diskFills(): void {
    this.fullSince = Math.min(this.fullSince, this.now());
  }

  diskHasRoom(): void {
    this.fullSince = Number.POSITIVE_INFINITY;
  }

  /** `awakeSince`: it stood still until then, and noticed nothing. */
  taskBegins(task: string, awakeSince: number): void {
    if (!this.prepared) throw new Violation("start task first", `${task} starts on ${this.machineId}, whose start task has not succeeded`);
    if (this.now() - Math.max(this.fullSince, awakeSince) > NOTICES_MS)
      throw new Violation("full disk", `${task} starts on ${this.machineId}, whose disk has long been full`);
  }
}
