/** How the functions are fed from the queues: numbers of which the counts in docs/cost.md are made. */
export interface EventSource {
  /** The most messages that one call of the function gets. */
  readonly batchSize: number;
  /** So long the first of them waits for company; not for FIFO queues. */
  readonly windowSeconds?: number;
  /** The most calls at the same time. */
  readonly concurrency: number;
}

/** More reports at once cost fewer writes and passes. */
export const REPORTS_SOURCE: EventSource = { batchSize: 100, windowSeconds: 1, concurrency: 10 };
/** One call a pool at a time, since a pool is a group of the FIFO queue. */
export const RINGS_SOURCE: Omit<EventSource, "concurrency"> = { batchSize: 10 };
export const WORK_SOURCE: EventSource = { batchSize: 10, concurrency: 10 };
