import { createHmac, timingSafeEqual } from "node:crypto";
import type { Permission } from "../ports/files.ts";

/** One letter a permission in the URL, always in this order. */
const LETTERS: readonly (readonly [letter: string, permission: Permission])[] = [
  ["r", "read"],
  ["w", "write"],
  ["d", "delete"],
  ["l", "list"],
];

export interface SignedUrlOptions {
  /** Any of the account's keys, base64. */
  readonly key: string;
  /** Where the storage endpoint answers, without a slash at the end: `http://127.0.0.1:8470/storage`. */
  readonly baseUrl: string;
  readonly container: string;
  /** One file; without it the URL is good for the whole container. */
  readonly name?: string | undefined;
  readonly permissions: readonly Permission[];
  /** Good for so many seconds after `now`. */
  readonly seconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A URL that carries its own credential: container or file, what may be done, until when, and a signature over these. */
export function signUrl(options: SignedUrlOptions): string {
  const { container, name } = options;
  const granted = LETTERS.filter(([, permission]) => options.permissions.includes(permission));
  const sp = granted.map(([letter]) => letter).join("");
  const se = `${new Date(options.now + options.seconds * 1000).toISOString().slice(0, 19)}Z`;
  const sr = name === undefined ? "c" : "b";
  const path = [container, ...(name === undefined ? [] : name.split("/"))].map(encodeURIComponent).join("/");
  const sig = signature(options.key, { sp, se, sr }, container, name);
  return `${options.baseUrl}/${path}?sp=${sp}&se=${encodeURIComponent(se)}&sr=${sr}&sig=${encodeURIComponent(sig)}`;
}

/** The signature's parameters as they stand in a URL's query, decoded. */
export interface SignedQuery {
  readonly sp?: string | undefined;
  readonly se?: string | undefined;
  readonly sr?: string | undefined;
  readonly sig?: string | undefined;
}

export type SignatureVerdict = "granted" | "malformed" | "wrong-signature" | "expired" | "not-permitted";

/** Whether a URL's signature grants `permission` on this file (on the container, without `name`) now. Compares in constant time. */
export function checkSignedUrl(
  query: SignedQuery,
  wanted: { readonly container: string; readonly name?: string | undefined; readonly permission: Permission },
  keys: readonly string[],
  now: number,
): SignatureVerdict {
  const { sp, se, sr, sig } = query;
  if (!sp || !se || !sig || (sr !== "c" && sr !== "b")) return "malformed";
  const expiry = Date.parse(se);
  if (Number.isNaN(expiry)) return "malformed";
  const given = Buffer.from(sig);
  const name = sr === "c" ? undefined : wanted.name;
  const genuine = keys.some((key) => {
    const expected = Buffer.from(signature(key, { sp, se, sr }, wanted.container, name));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!genuine) return "wrong-signature";
  if (now >= expiry) return "expired";
  const letter = LETTERS.find(([, permission]) => permission === wanted.permission)?.[0] ?? "";
  const coversContainer = wanted.name !== undefined || sr === "c";
  return coversContainer && sp.includes(letter) ? "granted" : "not-permitted";
}

/** The first line keeps a storage signature from ever being one of another kind made with the same key. */
function signature(key: string, grant: { sp: string; se: string; sr: string }, container: string, name: string | undefined): string {
  const scope = JSON.stringify(name === undefined ? [container] : [container, name]);
  const text = ["shoal-storage-1", grant.sp, grant.se, grant.sr, scope].join("\n");
  return createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64url");
}
