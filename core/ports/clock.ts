/** The only source of time in core. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}
