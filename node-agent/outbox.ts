import type { NodeEvent, NodeLoad } from "../core/protocol/messages.ts";
import type { Time } from "./time.ts";
import type { Transport } from "./transport.ts";

/** An idle agent reports at once; one that reported less than this ago gathers what happens. */
const GATHER_MS = 10;
/** Keeps the longest report far below what a line may hold. */
const MAX_EVENTS = 1_000;

/**
 * What happened and is not reported yet. At most one report is on its way, so that a busy control plane gets fewer and larger ones. Its length
 * is bounded by the tasks that the node holds: a heartbeat that waits is replaced by the next.
 */
export class Outbox {
  private events: NodeEvent[] = [];
  /** Names this start of the agent; greater than that of every earlier one. */
  readonly boot: number;
  private seq = 0;
  private onItsWay = false;
  private scheduled = false;
  private sentAt = Number.NEGATIVE_INFINITY;
  private whenEmpty: (() => void)[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly time: Time,
    private readonly load: () => NodeLoad,
  ) {
    this.boot = time.now();
  }

  push(event: NodeEvent): void {
    if (event.kind === "heartbeat") this.events = this.events.filter((waiting) => waiting.kind !== "heartbeat");
    this.events.push(event);
    this.schedule();
  }

  /** Resolves when everything so far has been accepted. */
  empty(): Promise<void> {
    if (!this.onItsWay && this.events.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenEmpty.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.onItsWay || this.events.length === 0) return;
    this.scheduled = true;
    const wait = this.sentAt + GATHER_MS - this.time.elapsed();
    // Soon, not now: what happens in the same turn of the loop goes in one report.
    if (wait <= 0) this.time.soon(() => this.send());
    else this.time.after(wait, () => this.send());
  }

  private send(): void {
    this.scheduled = false;
    this.onItsWay = true;
    this.sentAt = this.time.elapsed();
    const events = this.events.splice(0, MAX_EVENTS);
    const report = { boot: this.boot, seq: ++this.seq, events, load: this.load() };
    void this.transport.deliver(report).then(() => {
      this.onItsWay = false;
      this.schedule();
      if (this.events.length > 0) return;
      for (const resolve of this.whenEmpty.splice(0)) resolve();
    });
  }
}
