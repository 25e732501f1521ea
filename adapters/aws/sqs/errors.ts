interface Described {
  readonly name?: string;
  readonly Code?: string;
}

const GONE = /^(AWS\.SimpleQueueService\.)?(NonExistentQueue|QueueDoesNotExist)/;
const STALE = /^(AWS\.SimpleQueueService\.)?(ReceiptHandleIsInvalid|InvalidReceiptHandle|MessageNotInflight|InvalidParameterValue)/;

/** There is no such queue (any more). */
export function isGone(error: unknown): boolean {
  return GONE.test(codeOf(error));
}

/** A receipt is no longer good: its message was given to somebody else meanwhile, or is gone. */
export function isStaleReceipt(error: unknown): boolean {
  return STALE.test(codeOf(error));
}

/** Of a thrown error its name, of an entry of a batch its code. */
function codeOf(error: unknown): string {
  const { name = "", Code } = error as Described;
  return Code ?? name;
}
