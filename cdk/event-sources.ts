/** How the functions are fed from the queues: numbers of which the counts in docs/cost.md are made. */
export interface EventSource {
  /** The most messages that one call of the function gets. */
  readonly batchSize: number;
  /** The most calls at the same time. */
  readonly concurrency: number;
}

/** At once: nodes wait for what follows from a report, and to gather reports for a second kept their slots empty for longer than it saved calls (docs/cost.md). */
export const REPORTS_SOURCE: EventSource = { batchSize: 10, concurrency: 10 };
/** One call a pool at a time, since a pool is a group of the FIFO queue. */
export const RINGS_SOURCE: Omit<EventSource, "concurrency"> = { batchSize: 10 };
export const WORK_SOURCE: EventSource = { batchSize: 10, concurrency: 10 };
