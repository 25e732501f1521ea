import { StoreError } from "../../../core/ports/store.ts";

/**
 * What an error says of the request. `refused`: not done, but may be tried again (throttling, another transaction on the item).
 * `unclear`: perhaps done (a 5xx, no answer). `condition`: a condition did not hold. `fatal`: fails again the same way.
 */
export type Failure = "refused" | "unclear" | "condition" | "fatal";

const CONDITION = new Set(["ConditionalCheckFailed", "DuplicateItem"]);
const REFUSED = new Set([
  "ProvisionedThroughputExceeded",
  "Throttling",
  "ThrottlingError",
  "RequestLimitExceeded",
  "TransactionConflict",
  "TransactionInProgress",
  "ReplicatedWriteConflict",
]);
const UNCLEAR = new Set(["InternalServerError", "InternalServer", "ServiceUnavailable", "Timeout", "TimeoutError", "AbortError"]);
/** Of Node.js's sockets. */
const LOST = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"]);

interface Described {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The one place where DynamoDB's errors are told apart; takes a thrown error, or the code of one statement or item of many. */
export function failureOf(error: unknown): Failure {
  const { name = "", code = "", $metadata } = typeof error === "string" ? { name: error } : (error as Described);
  const plain = name.replace(/Exception$/, "");
  if (CONDITION.has(plain)) return "condition";
  if (REFUSED.has(plain)) return "refused";
  if (UNCLEAR.has(plain) || LOST.has(code) || ($metadata?.httpStatusCode ?? 0) >= 500) return "unclear";
  return "fatal";
}

/** The port's error for a request that was given up, saying what to do. */
export function storeError(table: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name = "Error", message = "" } = typeof error === "string" ? { name: error } : (error as Described);
  const retryable = failureOf(error) !== "fatal";
  return new StoreError(`The table ${table}: ${message || name} (${name}). ${advice(name, retryable)}`, retryable, { cause: error });
}

function advice(name: string, retryable: boolean): string {
  if (name.startsWith("ResourceNotFound")) return "Deploy the stack, or check the table's name and the region.";
  if (/AccessDenied|UnrecognizedClient|ExpiredToken|Credentials/.test(name))
    return "Check the credentials, and that they may use the table.";
  return retryable ? "Try again." : "The same request fails again.";
}
