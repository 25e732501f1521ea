/** Comes to a node in the place of a message that is too large for its queue. */
export interface StoredMessage {
  readonly kind: "stored";
  /** Answers a GET with the message, as JSON; good for an hour. */
  readonly url: string;
}

/** The longest message that is kept and read like this, in bytes. */
export const LARGEST_STORED = 32 * 1024 * 1024;
