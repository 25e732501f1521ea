import type { IncomingMessage } from "node:http";

export type FetchCode = "BlobNotFound" | "BlobAccessDenied" | "BlobDownloadTimedOut" | "BlobDownloadMiscError";

/** A request that got no good answer. `passing`: it may do better the next time. */
export class FetchError extends Error {
  constructor(
    readonly code: FetchCode,
    message: string,
    readonly passing: boolean,
  ) {
    super(message);
    this.name = "FetchError";
  }
}

const MAX_REDIRECTS = 5;
/** Without a byte for so long, a transfer has failed. */
const IDLE_MS = 60_000;

/** GETs a URL, following redirects. Resolves to a response of status 2xx whose body is not read yet; throws {@link FetchError} or the socket's error. */
export async function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  let at = parse(url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await request(at, signal);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    response.resume();
    const { location } = response.headers;
    if (status < 300 || status >= 400 || location === undefined) throw badStatus(status);
    at = parse(new URL(location, at).href);
  }
  throw new FetchError("BlobDownloadMiscError", `there are more than ${MAX_REDIRECTS} redirects`, false);
}

async function request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  // Loaded when first needed: most nodes hold less memory without it.
  const { get: send } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  return new Promise((resolve, reject) => {
    const sent = send(url, { signal, timeout: IDLE_MS, agent: false }, resolve);
    sent.on("timeout", () => sent.destroy(new FetchError("BlobDownloadTimedOut", `nothing came for ${IDLE_MS / 1_000} seconds`, true)));
    sent.on("error", reject);
  });
}

function parse(url: string): URL {
  if (URL.canParse(url)) {
    const parsed = new URL(url);
    if (parsed.protocol === "http:" || parsed.protocol === "https:") return parsed;
  }
  throw new FetchError("BlobDownloadMiscError", "its URL is not an http or https URL", false);
}

function badStatus(status: number): FetchError {
  if (status === 404) return new FetchError("BlobNotFound", "there is no such file (HTTP 404)", false);
  if (status === 401 || status === 403) return new FetchError("BlobAccessDenied", `access is denied (HTTP ${status})`, false);
  if (status === 408 || status === 504) return new FetchError("BlobDownloadTimedOut", `the server took too long (HTTP ${status})`, true);
  return new FetchError("BlobDownloadMiscError", `the server answered HTTP ${status}`, status >= 500 || status === 429);
}
