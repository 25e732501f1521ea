import { createHmac, timingSafeEqual } from "node:crypto";
import { Refusal } from "../../domain/errors.ts";
import { parseHttpDate } from "../values/timestamp.ts";
import type { Query } from "./query.ts";

const MAX_SKEW_MS = 15 * 60 * 1000;

const SIGNED_AFTER_LENGTH = [
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;

export interface SignedRequest {
  readonly method: string;
  readonly headers: Headers;
  /** As sent, not decoded. */
  readonly path: string;
  readonly query: Query;
}

/**
 * Passes when the request carries a Shared Key signature of the account, made with one of its keys (base64) within 15 minutes of `now`.
 * Throws InvalidAuthenticationInfo where there is none to judge, AuthenticationFailed where it is not good.
 */
export function authenticate(request: SignedRequest, accountName: string, keys: readonly string[], now: number): void {
  const [account, given] = credential(request.headers.get("authorization"));
  checkClock(request.headers, now);
  const known = account.toLowerCase() === accountName.toLowerCase();
  if (known && isSignedWithOneOf(request, account, given, keys)) return;
  throw new Refusal("AuthenticationFailed", {
    AuthenticationErrorDetail: known
      ? "The signature does not match. Check that the client uses this account's key."
      : `This is account ${accountName}. Check the account name that the client uses.`,
  });
}

function credential(header: string | null): [account: string, signature: Buffer] {
  const match = /^SharedKey ([^:\s]{1,64}):([A-Za-z0-9+/]{43}=)$/i.exec(header ?? "");
  if (match?.[1] && match[2]) return [match[1], Buffer.from(match[2], "base64")];
  throw new Refusal("InvalidAuthenticationInfo", {
    Reason: "Send 'Authorization: SharedKey <account>:<signature>', with a base64 HMAC-SHA256 signature.",
  });
}

function checkClock(headers: Headers, now: number): void {
  const date = headers.get("ocp-date") ?? headers.get("date");
  const at = parseHttpDate(date ?? "");
  if (at === undefined) {
    throw new Refusal("AuthenticationFailed", { AuthenticationErrorDetail: "Send the time of the request in an ocp-date or Date header." });
  }
  if (Math.abs(now - at) > MAX_SKEW_MS) {
    throw new Refusal("AuthenticationFailed", {
      AuthenticationErrorDetail: `The request's time, ${date}, is more than 15 minutes from the server's, ${new Date(now).toUTCString()}. Check the clock.`,
    });
  }
}

function isSignedWithOneOf(request: SignedRequest, account: string, given: Buffer, keys: readonly string[]): boolean {
  const secrets = keys.map((key) => Buffer.from(key, "base64"));
  for (const text of stringsToSign(request, account)) {
    for (const secret of secrets) {
      const expected = createHmac("sha256", secret).update(text, "utf8").digest();
      if (expected.length === given.length && timingSafeEqual(expected, given)) return true;
    }
  }
  return false;
}

/**
 * What the official clients sign for this request, the commonest first. They differ in three things: the Content-Length of a request
 * without a body (the one sent, empty, or `0`), `%2F` and `%5C` in the path (as sent, or as `/`), and the query (names in lower case
 * in .NET, blank values left out in Python). A gateway that decodes the path loses whether `!'()*` came encoded, as Python sends them, and whether the
 * colon in the id of a schedule's job did.
 */
export function* stringsToSign({ method, headers, path, query }: SignedRequest, account: string): Generator<string> {
  const header = (name: string) => headers.get(name) ?? "";
  const sent = header("content-length");
  const lengths = sent === "" ? ["", "0"] : sent === "0" ? ["0", ""] : [sent];
  const head = `${method}\n${header("content-encoding")}\n${header("content-language")}\n`;
  const rest = SIGNED_AFTER_LENGTH.map((name) => `${header(name)}\n`).join("") + ocpHeaders(headers);
  const slashed = path.replace(/%2F|%5C/gi, "/");
  const paths = new Set([path, slashed, strictlyEncoded(path), strictlyEncoded(slashed), path.replace(/%3A/gi, ":")]);
  const queries = new Set(
    [query.pairs, query.pairs.map(([name, value]) => [name.toLowerCase(), value] as const)].flatMap((pairs) => [
      canonical(pairs),
      canonical(pairs.filter(([, value]) => value !== "")),
    ]),
  );
  for (const resource of paths) {
    for (const parameters of queries) {
      for (const length of lengths) yield `${head}${length}\n${rest}/${account}${resource}${parameters}`;
    }
  }
}

function strictlyEncoded(path: string): string {
  return path.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Empty ones are left out, as every client does. */
function ocpHeaders(headers: Headers): string {
  const lines: string[] = [];
  headers.forEach((value, name) => {
    if (name.toLowerCase().startsWith("ocp-") && value !== "") lines.push(`${name.toLowerCase()}:${value}\n`);
  });
  return lines.sort().join("");
}

function canonical(pairs: Query["pairs"]): string {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return [...values.keys()]
    .sort()
    .map((name) => `\n${name}:${values.get(name)}`)
    .join("");
}
