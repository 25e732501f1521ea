import { open } from "node:fs/promises";
import { uploadPlace } from "./upload-place.ts";

const TIMEOUT_MS = 60_000;
/** A log that is longer loses its beginning: its end tells what went wrong last. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Puts the end of a file, at most 16 MiB, into the container that the URL gives access to. Rejects when that is refused or takes longer than a minute. */
export async function uploadFile(path: string, containerUrl: string, name: string): Promise<void> {
  const url = new URL(containerUrl);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${name.split("/").map(encodeURIComponent).join("/")}`;
  const body = await endOf(path);
  const place = await uploadPlace(url, body.length);
  // Loaded when first needed: most nodes hold less memory without it.
  const { request } = place.protocol === "https:" ? await import("node:https") : await import("node:http");
  const headers = { "x-ms-blob-type": "BlockBlob", "content-type": "text/plain", "content-length": body.length };
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(place, { method: "PUT", headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end(body);
  });
  if (status < 200 || status >= 300) throw new Error(`the container answered HTTP ${status}`);
}

async function endOf(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MAX_BYTES);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
