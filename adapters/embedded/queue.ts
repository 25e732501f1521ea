import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Delivery, Message, Queue } from "../../core/ports/queue.ts";
import { DueHeap } from "../due-heap.ts";
import type { Timer, Timers } from "../timers.ts";
import type { Journal } from "./journal.ts";
import { GroupLine, Line, type ReadyLine, StandardLine } from "./ready-lines.ts";

export interface QueueOptions<T> {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly fifo?: boolean;
  /** A message that comes back after so many receives is dead: kept aside, never delivered again. */
  readonly maxReceives: number;
  /** With a journal the queue is durable: what was sent and not acknowledged comes back when a queue is made on the same journal. */
  readonly journal?: Journal<T>;
  /** A send that would lead to more messages than this is refused. */
  readonly maxMessages?: number;
}

const DEFAULT_MAX_MESSAGES = 1_000_000;
/** So many dead messages are kept, the newest ones; all are counted. */
const MAX_DEAD = 1_000;
const MAX_DELAY_SECONDS = 900;

/** A message in one of three places: in `delays` before its time, in the ready line, or in `delays` with a receipt, in flight. */
interface Held<T> {
  readonly order: number;
  readonly body: T;
  readonly group?: string;
  receiveCount: number;
  receipt?: string;
  due: number;
  place: number;
}

interface Waiter<T> {
  readonly max: number;
  readonly visibilitySeconds: number;
  readonly resolve: (deliveries: Delivery<T>[]) => void;
  timer: Timer;
}

/**
 * A queue with SQS's promises in this process. Who waits in `receive` has a message within the microtasks that follow its send.
 * Unlike SQS, a FIFO queue takes delayed messages: they join their group when they are due. Receive counts begin again after a restart.
 */
export class InProcessQueue<T> implements Queue<T> {
  private readonly ready: ReadyLine<Held<T>>;
  private readonly delays = new DueHeap<Held<T>>();
  private readonly inFlight = new Map<string, Held<T>>();
  private readonly dead: Held<T>[] = [];
  private waiters = new Line<Waiter<T>>();
  private deadCount = 0;
  private held = 0;
  private nextOrder = 1;
  private alarm: { readonly timer: Timer; readonly due: number } | undefined;
  private serving = false;

  constructor(private readonly options: QueueOptions<T>) {
    this.ready = options.fifo ? new GroupLine() : new StandardLine();
    const loaded = options.journal?.load();
    for (const record of loaded?.dead ?? []) this.dead.push({ ...record, receiveCount: options.maxReceives, place: -1 });
    this.deadCount = this.dead.length;
    for (const record of loaded?.waiting ?? []) this.admit({ ...record, receiveCount: 0, place: -1 });
    this.nextOrder = 1 + Math.max(loaded?.waiting.at(-1)?.order ?? 0, loaded?.dead.at(-1)?.order ?? 0);
  }

  /** Messages that are not acknowledged and not dead. */
  get size(): number {
    return this.held;
  }

  async send(messages: readonly Message<T>[]): Promise<void> {
    const { name, journal, fifo, clock, maxMessages = DEFAULT_MAX_MESSAGES } = this.options;
    if (this.held + messages.length > maxMessages)
      throw new Error(`The queue ${name} is full: it holds ${this.held} messages. Send later.`);
    const now = clock.now();
    const admitted = messages.map(({ body, group, delaySeconds = 0 }): Held<T> => {
      if (fifo && !group) throw new Error(`A message to the FIFO queue ${name} must name its group.`);
      if (!(delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS)) {
        throw new Error(
          `A message to the queue ${name} has a delay of ${delaySeconds} seconds; it must be from 0 to ${MAX_DELAY_SECONDS}.`,
        );
      }
      const due = now + delaySeconds * 1000;
      return { order: this.nextOrder++, body, ...(group === undefined ? {} : { group }), receiveCount: 0, due, place: -1 };
    });
    if (journal) await journal.append(admitted);
    for (const message of admitted) this.admit(message);
  }

  async receive(options: { max: number; visibilitySeconds: number; waitSeconds?: number }): Promise<Delivery<T>[]> {
    const { max, visibilitySeconds, waitSeconds = 0 } = options;
    if (!(max >= 1)) throw new Error(`A receive from the queue ${this.options.name} must take at least 1 message, not ${max}.`);
    this.passTime();
    if (!this.ready.empty || waitSeconds <= 0) return this.take(max, visibilitySeconds);
    return new Promise((resolve) => {
      const waiter: Waiter<T> = { max, visibilitySeconds, resolve, timer: undefined };
      waiter.timer = this.options.timers.set(() => this.giveUp(waiter), waitSeconds * 1000);
      this.waiters.push(waiter);
    });
  }

  async acknowledge(receipts: readonly string[]): Promise<void> {
    const orders: number[] = [];
    for (const receipt of receipts) {
      const message = this.inFlight.get(receipt);
      if (!message) continue;
      this.land(message);
      this.held--;
      this.ready.settle(message);
      orders.push(message.order);
    }
    this.serveSoon();
    if (orders.length > 0) await this.options.journal?.remove(orders);
  }

  async postpone(receipt: string, seconds: number): Promise<void> {
    const message = this.inFlight.get(receipt);
    if (!message) return;
    this.delays.remove(message);
    message.due = this.options.clock.now() + seconds * 1000;
    this.delays.add(message);
    this.passTime();
    this.serveSoon();
  }

  /** Everyone who waits in `receive` gets nothing, now. */
  interrupt(): void {
    const waiters = this.waiters;
    this.waiters = new Line();
    for (let waiter = waiters.shift(); waiter; waiter = waiters.shift()) this.answer(waiter, []);
  }

  /** The messages given up, how many there were, and the newest of them. */
  deadLetters(): { readonly count: number; readonly newest: readonly { readonly body: T; readonly group?: string }[] } {
    return { count: this.deadCount, newest: this.dead.map(({ body, group }) => (group === undefined ? { body } : { body, group })) };
  }

  private admit(message: Held<T>): void {
    this.held++;
    if (message.due > this.options.clock.now()) {
      this.delays.add(message);
      this.setAlarm();
    } else {
      this.ready.add(message);
      this.serveSoon();
    }
  }

  private take(max: number, visibilitySeconds: number): Delivery<T>[] {
    const due = this.options.clock.now() + visibilitySeconds * 1000;
    const taken = this.ready.take(max);
    const deliveries = taken.map((message): Delivery<T> => {
      const id = message.order.toString(36);
      const receipt = `${id}.${++message.receiveCount}`;
      message.receipt = receipt;
      message.due = due;
      this.inFlight.set(receipt, message);
      this.delays.add(message);
      const { body, group, receiveCount } = message;
      return group === undefined ? { id, receipt, body, receiveCount } : { id, receipt, body, group, receiveCount };
    });
    this.setAlarm();
    return deliveries;
  }

  private land(message: Held<T>): void {
    this.inFlight.delete(message.receipt ?? "");
    delete message.receipt;
    this.delays.remove(message);
  }

  /** Makes ready, or buries, what has become due. */
  private passTime(): void {
    const now = this.options.clock.now();
    for (let message = this.delays.first; message && message.due <= now; message = this.delays.first) {
      const taken = message.receipt !== undefined;
      this.land(message);
      if (message.receiveCount >= this.options.maxReceives) this.bury(message);
      else this.ready.add(message);
      if (taken) this.ready.settle(message);
    }
    this.setAlarm();
  }

  private bury(message: Held<T>): void {
    const { log, name, journal } = this.options;
    this.held--;
    this.deadCount++;
    this.dead.push(message);
    const forgotten = this.dead.splice(0, this.dead.length - MAX_DEAD).map(({ order }) => order);
    log("error", "queue.dead-letter", { queue: name, order: message.order, group: message.group, receives: message.receiveCount });
    journal?.bury(message, forgotten).catch((error: unknown) => log("error", "queue.journal-failed", { queue: name, error }));
  }

  private setAlarm(): void {
    const due = this.delays.first?.due;
    if (this.alarm && (due === undefined || due < this.alarm.due)) {
      this.options.timers.clear(this.alarm.timer);
      this.alarm = undefined;
    }
    // An alarm that goes off early, because what it was set for is gone, is cheaper than one set anew for each message.
    if (due === undefined || this.alarm) return;
    const ring = () => {
      this.alarm = undefined;
      this.passTime();
      this.serveSoon();
    };
    this.alarm = { due, timer: this.options.timers.set(ring, Math.max(0, due - this.options.clock.now())) };
  }

  /** At the end of the running step, so that messages sent one by one within it are taken together. */
  private serveSoon(): void {
    if (this.serving || this.waiters.empty || this.ready.empty) return;
    this.serving = true;
    queueMicrotask(() => {
      this.serving = false;
      while (!this.ready.empty) {
        const waiter = this.waiters.shift();
        if (!waiter) return;
        this.answer(waiter, this.take(waiter.max, waiter.visibilitySeconds));
      }
    });
  }

  private answer(waiter: Waiter<T>, deliveries: Delivery<T>[]): void {
    this.options.timers.clear(waiter.timer);
    waiter.resolve(deliveries);
  }

  private giveUp(waiter: Waiter<T>): void {
    const others = new Line<Waiter<T>>();
    for (let other = this.waiters.shift(); other; other = this.waiters.shift()) if (other !== waiter) others.push(other);
    this.waiters = others;
    waiter.resolve([]);
  }
}
