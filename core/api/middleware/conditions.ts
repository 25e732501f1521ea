import { Refusal } from "../../domain/errors.ts";
import type { Preconditions } from "../../domain/preconditions.ts";
import { parseHttpDate } from "../values/timestamp.ts";

/**
 * The condition headers of a request; undefined where there are none. Two together are taken only where one says what must be and the
 * other agrees in kind, `If-Match` with `If-Unmodified-Since` or `If-None-Match` with `If-Modified-Since`: of the rest, Azure
 * documents only that it refuses combinations.
 */
export function preconditions(headers: Headers): Preconditions | undefined {
  const ifMatch = headers.get("if-match") || undefined;
  const ifNoneMatch = headers.get("if-none-match") || undefined;
  const { ifModifiedSince, ifUnmodifiedSince } = dateConditions(headers) ?? {};
  const positive = ifMatch !== undefined || ifUnmodifiedSince !== undefined;
  const negative = ifNoneMatch !== undefined || ifModifiedSince !== undefined;
  if (positive && negative) throw new Refusal("MultipleConditionHeadersNotSupported");
  if (!positive && !negative) return undefined;
  return {
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(ifModifiedSince !== undefined && { ifModifiedSince }),
    ...(ifUnmodifiedSince !== undefined && { ifUnmodifiedSince }),
  };
}

/** The two dates alone: file reads know no ETag. */
export function dateConditions(headers: Headers): Preconditions | undefined {
  const ifModifiedSince = date(headers, "if-modified-since");
  const ifUnmodifiedSince = date(headers, "if-unmodified-since");
  if (ifModifiedSince === undefined && ifUnmodifiedSince === undefined) return undefined;
  return {
    ...(ifModifiedSince !== undefined && { ifModifiedSince }),
    ...(ifUnmodifiedSince !== undefined && { ifUnmodifiedSince }),
  };
}

function date(headers: Headers, name: string): number | undefined {
  const value = headers.get(name);
  if (!value) return undefined;
  const at = parseHttpDate(value);
  if (at === undefined) {
    throw new Refusal("InvalidHeaderValue", {
      HeaderName: name,
      HeaderValue: value.slice(0, 256),
      Reason: "It must be an HTTP date such as Tue, 24 Nov 2026 06:15:48 GMT.",
    });
  }
  return at;
}
