import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import type { NameValue } from "../core/domain/specs.ts";
import { uploadPlace } from "./upload-place.ts";

export type UploadCode = "FileUploadContainerNotFound" | "FileUploadAccessDenied" | "FileUploadMiscError";

/** An upload that was not accepted. `passing`: it may be the next time. */
export class UploadError extends Error {
  constructor(
    readonly code: UploadCode,
    message: string,
    readonly passing: boolean,
  ) {
    super(message);
    this.name = "UploadError";
  }
}

const TRIES = 5;
const FIRST_PAUSE_MS = 200;
const IDLE_MS = 60_000;

/** Puts a file as one block blob; tries again what may pass. Throws {@link UploadError}, the file system's error, or the abort's reason. */
export async function putFile(url: string, path: string, headers: readonly NameValue[], signal: AbortSignal): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await putOnce(url, path, headers, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UploadError) || !error.passing || tried === TRIES) throw error;
      await new Promise((done) => setTimeout(done, FIRST_PAUSE_MS * 2 ** (tried - 1)));
      signal.throwIfAborted();
    }
  }
}

async function putOnce(url: string, path: string, given: readonly NameValue[], signal: AbortSignal): Promise<void> {
  if (!URL.canParse(url)) throw new UploadError("FileUploadMiscError", "the container's URL is not a URL", false);
  const { size } = await stat(path);
  const target = await uploadPlace(new URL(url), size).catch(failedConnection);
  const { request } = target.protocol === "https:" ? await import("node:https") : await import("node:http");
  const headers: Record<string, string> = { "x-ms-blob-type": "BlockBlob", "content-length": String(size) };
  for (const { name, value } of given) headers[name.toLowerCase()] = value ?? "";
  const sent = request(target, { method: "PUT", headers, signal, timeout: IDLE_MS, agent: false });
  sent.on("timeout", () => sent.destroy(new Error(`nothing happened for ${IDLE_MS / 1_000} seconds`)));
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  // A file that grows while it is read is cut at the size that was announced.
  const written = size === 0 ? Promise.resolve(void sent.end()) : pipeline(createReadStream(path, { end: size - 1 }), sent);
  // A refusal may come, and close the connection, before all is written: the answer says why.
  written.catch(() => {});
  const response = await answer.catch(failedConnection);
  response.resume();
  check(response.statusCode ?? 0);
}

function failedConnection(error: unknown): never {
  throw new UploadError("FileUploadMiscError", `the connection failed (${error instanceof Error ? error.message : String(error)})`, true);
}

function check(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status === 404) throw new UploadError("FileUploadContainerNotFound", "there is no such container (HTTP 404)", false);
  if (status === 401 || status === 403) throw new UploadError("FileUploadAccessDenied", `access is denied (HTTP ${status})`, false);
  throw new UploadError("FileUploadMiscError", `the server answered HTTP ${status}`, status >= 500 || status === 429 || status === 408);
}
