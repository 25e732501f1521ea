import { createWriteStream } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { TaskFailure } from "./failures.ts";
import { FetchError, get } from "./http-get.ts";
import { codeOf } from "./log.ts";

const TRIES = 5;
const FIRST_PAUSE_MS = 200;

export interface Destination {
  /** Absolute. */
  readonly path: string;
  /** As the user knows it, for messages. */
  readonly name: string;
  readonly mode: number;
}

/**
 * Streams a URL to a file, which appears under its name only when it is whole. Follows redirects; tries again what may pass. Throws
 * {@link TaskFailure}, or the file system's error.
 */
export async function download(url: string, to: Destination, signal: AbortSignal): Promise<void> {
  const part = `${to.path}.part`;
  await mkdir(dirname(to.path), { recursive: true, mode: 0o770 });
  try {
    await withRetries(url, to.name, signal, async () => {
      const response = await get(url, signal);
      await pipeline(response, createWriteStream(part, { mode: 0o600 }), { signal });
      if (!response.complete) throw new FetchError("BlobDownloadMiscError", "the connection broke before the end of the file", true);
    });
    if (process.platform !== "win32") await chmod(part, to.mode);
    await rename(part, to.path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Runs a request until it succeeds, its error will not pass, or its tries are spent. */
export async function withRetries<T>(url: string, name: string, signal: AbortSignal, request: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await request();
    } catch (error) {
      signal.throwIfAborted();
      const known = asFetchError(error);
      if (known === undefined) throw error;
      if (!known.passing || tried === TRIES) throw failure(known, url, name);
      await pause(FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random() / 2), signal);
    }
  }
}

/** What broke on the network; undefined for what broke elsewhere, such as the disk. */
function asFetchError(error: unknown): FetchError | undefined {
  if (error instanceof FetchError) return error;
  const code = codeOf(error);
  if (code === "ETIMEDOUT") return new FetchError("BlobDownloadTimedOut", "the server did not answer in time", true);
  const network = ["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"];
  const broken = code !== undefined && (network.includes(code) || code.startsWith("ERR_STREAM") || code.startsWith("HPE_"));
  return broken ? new FetchError("BlobDownloadMiscError", `the connection failed (${code})`, true) : undefined;
}

function failure(error: FetchError, url: string, name: string): TaskFailure {
  const service = error.code === "BlobDownloadTimedOut" || error.code === "BlobDownloadMiscError";
  const [withoutSignature = ""] = url.split("?");
  return new TaskFailure({
    category: service ? "servererror" : "usererror",
    code: error.code,
    message: `A resource file could not be downloaded: ${error.message}.`,
    details: [
      { name: "FilePath", value: name },
      { name: "HttpUrl", value: withoutSignature },
    ],
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
