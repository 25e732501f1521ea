import { Refusal } from "../../domain/errors.ts";

/** Azure's limit for a task collection; other bodies are far smaller, so one limit serves all. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** Deeper than any body of the API; keeps whoever walks a document recursively within its stack. */
const MAX_DEPTH = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The request's JSON. Throws MissingContentLengthHeader, RequestBodyTooLarge or InvalidRequestBody. */
export async function readJson(request: Request): Promise<unknown> {
  const body = await readOptionalJson(request);
  if (body === undefined) throw unreadable("The operation needs a JSON body.");
  return body;
}

/** As {@link readJson}; undefined where the request has no body. */
export async function readOptionalJson(request: Request): Promise<unknown> {
  const length = contentLength(request.headers);
  if (length === undefined && (request.headers.has("transfer-encoding") || request.body !== null)) {
    throw new Refusal("MissingContentLengthHeader");
  }
  if (!length) return undefined;
  if (length > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) throw tooLarge();
  return parseJson(bytes);
}

export function contentLength(headers: Headers): number | undefined {
  const value = headers.get("content-length");
  if (value === null) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new Refusal("InvalidHeaderValue", { HeaderName: "Content-Length", HeaderValue: value.slice(0, 256) });
}

function parseJson(bytes: ArrayBuffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw unreadable(error instanceof SyntaxError ? error.message.slice(0, 256) : "The body is not UTF-8.");
  }
  if (!fitsDepth(value, MAX_DEPTH)) throw unreadable(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  return value;
}

function fitsDepth(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return left > 0 && Object.values(value).every((part) => fitsDepth(part, left - 1));
}

function tooLarge(): Refusal {
  return new Refusal("RequestBodyTooLarge", { MaxLimit: String(MAX_BODY_BYTES) });
}

function unreadable(reason: string): Refusal {
  return new Refusal("InvalidRequestBody", { Reason: reason });
}
