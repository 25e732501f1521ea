/**
 * A queue with SQS's promises: each message is delivered at least once, perhaps late, perhaps twice; standard queues keep no order;
 * in a FIFO queue the messages of one group come in order and one batch at a time.
 */
export interface Message<T> {
  readonly body: T;
  /** FIFO queues only: messages of one group are never handled at the same time. */
  readonly group?: string;
  /** Not delivered before so many seconds have passed; 0 to 900. Fractions may be rounded up to a whole second. */
  readonly delaySeconds?: number;
}

export interface Delivery<T> {
  readonly id: string;
  /** Names this delivery; good until the visibility timeout passes. */
  readonly receipt: string;
  readonly body: T;
  readonly group?: string;
  /** 1 on the first delivery. */
  readonly receiveCount: number;
}

/** The sending side: all that core needs. Resolves when the queue has the messages for good. */
export interface Sender<T> {
  send(messages: readonly Message<T>[]): Promise<void>;
}

export interface Queue<T> extends Sender<T> {
  /** Takes up to `max` messages and hides them for `visibilitySeconds`; waits up to `waitSeconds` for the first. */
  receive(options: { max: number; visibilitySeconds: number; waitSeconds?: number }): Promise<Delivery<T>[]>;
  /** Done with: never delivered again. A receipt that is no longer good is ignored. */
  acknowledge(receipts: readonly string[]): Promise<void>;
  /** Delivered again after so many seconds (0: now). */
  postpone(receipt: string, seconds: number): Promise<void>;
}
