import { request } from "node:http";
import { signed } from "../unit/api/signing.ts";
import type { Account } from "./clients/index.ts";

export const NEWEST = "2024-07-01.20.0";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface RawOptions {
  /** Text goes as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly date?: Date;
  /** null: none. */
  readonly version?: string | null;
  readonly unsigned?: true;
}

export type Send = (method: string, path: string, options?: RawOptions) => Promise<RawAnswer>;

/** Requests of any form, signed with the account's key unless told otherwise; the target goes over the wire exactly as given. */
export function rawSender(server: Account): Send {
  return (method, path, { body, headers = {}, key = server.key, date = new Date(), version = NEWEST, unsigned } = {}) => {
    const target = version === null ? path : `${path}${path.includes("?") ? "&" : "?"}api-version=${version}`;
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const sent: Record<string, string> = {
      "ocp-date": date.toUTCString(),
      ...(text !== undefined && {
        "content-type": "application/json; odata=minimalmetadata",
        "content-length": String(Buffer.byteLength(text)),
      }),
      ...headers,
    };
    return exchange(
      server.url,
      method,
      target,
      unsigned ? sent : signed({ method, target, headers: sent, account: server.account, key }),
      text,
    );
  };
}

function exchange(
  url: string,
  method: string,
  target: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: target, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** A URL of a container of the server's own storage, for an hour; `permissions` are letters of r, w, l, d. */
export async function signedUrl(send: Send, container: string, permissions: string): Promise<URL> {
  const answer = await send("POST", `/shoal/containers/${container}/url`, { body: { permissions, hours: 1 }, version: null });
  if (answer.status !== 200) throw new Error(`no URL for ${container}: ${answer.status} ${answer.text}`);
  return new URL((JSON.parse(answer.text) as { url: string }).url);
}

/** Puts files into a container of the server's own storage; answers the container's URL, good for reading and listing. */
export async function storedFiles(send: Send, container: string, files: Readonly<Record<string, string>>): Promise<URL> {
  const target = await signedUrl(send, container, "w");
  for (const [name, content] of Object.entries(files)) {
    const put = await fetch(fileIn(target, name), { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: content });
    if (!put.ok) throw new Error(`${name} was not taken: ${put.status} ${await put.text()}`);
  }
  return signedUrl(send, container, "rl");
}

/** The URL of one file of a container. */
export function fileIn(container: URL, name: string): string {
  const url = new URL(container);
  url.pathname += `/${name}`;
  return url.href;
}
