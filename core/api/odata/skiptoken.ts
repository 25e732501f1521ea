import type { Call } from "../call.ts";
import { invalidParameter, type Query } from "../middleware/query.ts";

const NAME = "$skiptoken";
/** Bytes: the longest key that a store takes. */
const MAX_KEY = 1024;

/** The key (of at most `maxKey` bytes) that the listing goes on from, as an earlier page's link said; undefined on the first page. Throws InvalidQueryParameterValue. */
export function readSkiptoken(query: Query, maxKey = MAX_KEY): string | undefined {
  const token = query.get(NAME);
  if (token === undefined) return undefined;
  const key = /^1[A-Za-z0-9_-]+$/.test(token) && token.length <= maxKey * 2 ? Buffer.from(token.slice(1), "base64url").toString() : "";
  if (key === "" || Buffer.byteLength(key) > maxKey || writeSkiptoken(key) !== token)
    throw invalidParameter(NAME, token, "Use the odata.nextLink of an earlier page as it is.");
  return key;
}

/** The absolute URL of the page after this one: the same query, going on behind `key`. */
export function nextLink(call: Pick<Call, "origin" | "path" | "query">, key: string): string {
  const kept = call.query.without(NAME);
  return `${call.origin}${call.path}?${kept}${kept && "&"}${NAME}=${writeSkiptoken(key)}`;
}

function writeSkiptoken(key: string): string {
  return `1${Buffer.from(key).toString("base64url")}`;
}
