import type { Message, Sender } from "../../core/ports/queue.ts";
import type { Host, HostWorld } from "./host.ts";

/** Handles a batch on a host of its own; `receives` is how often the most delivered of them has been delivered. */
export type SimHandler<T> = (host: Host, bodies: readonly T[], receives: number) => Promise<void>;

export interface SimQueueOptions {
  readonly name: string;
  readonly fifo: boolean;
  readonly batch: number;
  readonly visibilityMs: number;
  readonly maxReceives: number;
}
interface Held<T> {
  readonly body: T;
  readonly group: string;
  receives: number;
}

/**
 * A queue and the service that calls a handler with what is in it, as SQS and Lambda do: at least once, perhaps late, twice, in another order; what a
 * handler did not finish comes again when its visibility is over. In a FIFO queue one batch of a group is handled at a time, in order.
 */
export class SimQueue<T> {
  readonly dead: T[] = [];
  private readonly waiting = new Map<string, Held<T>[]>();
  private readonly busy = new Set<string>();
  /** Messages on their way, waiting, or being handled. */
  held = 0;

  constructor(
    private readonly options: SimQueueOptions,
    private readonly world: HostWorld,
    private readonly makeHost: (name: string, onDeath: () => void) => Host,
    private readonly handle: SimHandler<T>,
  ) {}

  /** The sending side, as seen from a host. */
  on(host: Host): Sender<T> {
    return {
      send: (messages) =>
        host.call(
          `send ${messages.length} to ${this.options.name}`,
          false,
          async () => this.accept(messages),
          async () => this.accept(messages.filter(() => this.world.faults.tookEffect())),
        ),
    };
  }

  /** Takes messages at once, from whoever is not simulated as a host. */
  accept(messages: readonly Message<T>[]): void {
    const { loop, random, faults } = this.world;
    for (const { body, group = "", delaySeconds = 0 } of messages) {
      const copies = !this.options.fifo && faults.strikes(faults.rates.double) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const late = faults.strikes(faults.rates.late) ? random.logarithmic(100, 180_000) : random.logarithmic(1, 20);
        // The order within a FIFO group is that of sending.
        const delay = this.options.fifo ? 5 : delaySeconds * 1000 + late;
        this.held++;
        loop.after(delay, () => this.arrive({ body, group: this.options.fifo ? group : "", receives: 0 }));
      }
    }
  }

  private arrive(message: Held<T>): void {
    const line = this.waiting.get(message.group);
    if (line) line.push(message);
    else this.waiting.set(message.group, [message]);
    this.serve(message.group);
  }

  private serve(group: string): void {
    const line = this.waiting.get(group);
    if (!line || line.length === 0 || (this.options.fifo && this.busy.has(group))) return;
    const batch = line.splice(0, this.options.batch);
    if (line.length === 0) this.waiting.delete(group);
    this.busy.add(group);
    for (const message of batch) message.receives++;
    const { loop } = this.world;
    const host = this.makeHost(this.options.name, () => {
      loop.after(this.options.visibilityMs, () => this.giveAgain(group, batch));
    });
    const receives = Math.max(...batch.map((message) => message.receives));
    this.handle(
      host,
      batch.map((message) => message.body),
      receives,
    ).then(
      () => {
        this.held -= batch.length;
        this.free(group);
      },
      (error: unknown) => {
        this.world.trace.say(host.name, `failed: ${error instanceof Error ? error.message : String(error)}`);
        host.alive = false;
        loop.after(1000, () => this.giveAgain(group, batch));
      },
    );
  }

  private giveAgain(group: string, batch: readonly Held<T>[]): void {
    const again = batch.filter((message) => message.receives < this.options.maxReceives);
    for (const message of batch) if (!again.includes(message)) this.dead.push(message.body);
    this.held -= batch.length - again.length;
    this.waiting.set(group, [...again, ...(this.waiting.get(group) ?? [])]);
    this.free(group);
  }

  private free(group: string): void {
    this.busy.delete(group);
    this.serve(group);
  }
}
