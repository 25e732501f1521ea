import { createHmac } from "node:crypto";

export interface ToSign {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly account: string;
  readonly key: string;
  /** What a client signs otherwise than it sends. */
  readonly variant?: { contentLength?: string; path?: (path: string) => string; lowerNames?: boolean; dropBlank?: boolean };
}

const LINES = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
];

/** The headers with an Authorization, computed by the documented rule and apart from the code under test. */
export function signed({ method, target, headers, account, key, variant = {} }: ToSign): Record<string, string> {
  const url = new URLSearchParams(target.split("?")[1] ?? "");
  const path = target.split("?")[0] ?? "";
  const value = (name: string) =>
    name === "content-length" && variant.contentLength !== undefined ? variant.contentLength : (headers[name] ?? "");
  const ocp = Object.keys(headers)
    .filter((name) => name.startsWith("ocp-"))
    .sort()
    .map((name) => `${name}:${headers[name]}`);
  const values = new Map<string, string[]>();
  for (const [sent, text] of url.entries()) {
    const name = variant.lowerNames ? sent.toLowerCase() : sent;
    if (!variant.dropBlank || text !== "") values.set(name, [...(values.get(name) ?? []), text]);
  }
  const query = [...values.keys()].sort().map((name) => `${name}:${values.get(name)?.join(",")}`);
  const resource = `/${account}${variant.path ? variant.path(path) : path}`;
  const text = [method, ...LINES.map(value), ...ocp, resource, ...query].join("\n");
  const signature = createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  return { ...headers, authorization: `SharedKey ${account}:${signature}` };
}
