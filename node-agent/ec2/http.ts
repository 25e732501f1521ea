import type { RequestOptions } from "node:https";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  /** More than this of an answer is not read; 4 MiB by default. */
  readonly maxBytes?: number;
}

/** What most answers hold is far less. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** One request, not tried again. Rejects where no answer comes in time. */
export async function send({ method, url, headers = {}, body, timeoutMs, maxBytes = MAX_ANSWER_BYTES }: HttpRequest): Promise<HttpAnswer> {
  const target = new URL(url);
  const { request } = target.protocol === "https:" ? await import("node:https") : await import("node:http");
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const options: RequestOptions = { method, headers: { ...headers, ...length }, signal: AbortSignal.timeout(timeoutMs) };
  return new Promise((resolve, reject) => {
    const sent = request(target, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) sent.destroy(new Error(`The answer is longer than ${maxBytes} bytes.`));
        chunks.push(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
