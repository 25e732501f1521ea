/** SQS's bounds on one request of many messages. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 1024 * 1024;

export interface Packed<T> {
  readonly message: T;
  readonly text: string;
}

/** Messages in as few requests as they fit into, in their order. Throws a RangeError where one is too large by itself. */
export function pack<T>(messages: readonly Packed<T>[]): Packed<T>[][] {
  const requests: Packed<T>[][] = [];
  let open: Packed<T>[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.text);
    if (size > MAX_BYTES)
      throw new RangeError(`A message of ${size} bytes is too large for SQS, which takes ${MAX_BYTES}: send less in one.`);
    if (open.length === MAX_ENTRIES || (open.length > 0 && bytes + size > MAX_BYTES)) {
      requests.push(open);
      open = [];
      bytes = 0;
    }
    open.push(message);
    bytes += size;
  }
  if (open.length > 0) requests.push(open);
  return requests;
}
