import { request as httpRequest } from "node:http";
import type { FileQuestion, FileReply, FileRequest } from "../../core/protocol/file-request.ts";
import { type Log, messageOf } from "../log.ts";
import { send } from "./http.ts";

const REPLY_TIMEOUT_MS = 30_000;
const CONTENT_TIMEOUT_MS = 10 * 60_000;
type Reply<O extends FileReply["op"]> = Extract<FileReply, { op: O }>;
type Question<O extends FileQuestion["op"]> = Extract<FileQuestion, { op: O }>;
type Stat = NonNullable<Reply<"stat">["stat"]>;

/** The node's files, confined to its root. */
export interface NodeRoot {
  stat(path: string): Promise<Stat | undefined>;
  read(path: string, range: { readonly start: number; readonly end: number }): Promise<ReadableStream<Uint8Array> | undefined>;
  list(
    path: string,
    options: Pick<Question<"list">, "recursive" | "after" | "limit">,
  ): Promise<{ readonly files: readonly Stat[]; readonly next?: string } | undefined>;
  remove(path: string, recursive: boolean): Promise<Reply<"remove">["outcome"]>;
}

/** Answers what the control plane asks of the files. Never rejects: what fails is told, or logged where that fails too. */
export async function answerFiles(root: NodeRoot, { question, replyUrl, contentUrl }: FileRequest, log: Log): Promise<void> {
  const reply = await answer(root, question, contentUrl).catch((error: unknown): FileReply => ({ op: "failed", reason: messageOf(error) }));
  try {
    const { status } = await send({ method: "PUT", url: replyUrl, body: JSON.stringify(reply), timeoutMs: REPLY_TIMEOUT_MS });
    if (status !== 200) log("warn", "files-not-answered", { op: question.op, status });
  } catch (error) {
    log("warn", "files-not-answered", { op: question.op, error: messageOf(error) });
  }
}

async function answer(root: NodeRoot, question: FileQuestion, contentUrl: string): Promise<FileReply> {
  switch (question.op) {
    case "stat": {
      const found = await root.stat(question.path);
      return { op: "stat", found: found !== undefined, ...(found ? { stat: found } : {}) };
    }
    case "read":
      return { op: "read", found: await sendContent(root, question, contentUrl) };
    case "list": {
      const page = await root.list(question.path, question);
      return { op: "list", found: page !== undefined, ...page };
    }
    case "remove":
      return { op: "remove", outcome: await root.remove(question.path, question.recursive) };
  }
}

/** False where there is no such file. S3 wants to know how long a content is before it comes: what the file grows by meanwhile is left out. */
async function sendContent(root: NodeRoot, { path, range }: Question<"read">, url: string): Promise<boolean> {
  const found = await root.stat(path);
  if (!found || found.directory) return false;
  const start = Math.min(range?.start ?? 0, found.size);
  const past = Math.min((range?.end ?? found.size - 1) + 1, found.size);
  const length = Math.max(0, past - start);
  const content = length > 0 ? await root.read(path, { start, end: past - 1 }) : undefined;
  if (length > 0 && !content) return false;
  const status = await put(url, length, content);
  if (status !== 200) throw new Error(`The content was not taken: ${status}.`);
  return true;
}

/** PUTs a content whose length is known; resolves with the status. */
export async function put(url: string, length: number, content: ReadableStream<Uint8Array> | undefined): Promise<number> {
  const target = new URL(url);
  const request = target.protocol === "https:" ? (await import("node:https")).request : httpRequest;
  const { Readable } = await import("node:stream");
  const { pipeline } = await import("node:stream/promises");
  const options = { method: "PUT", headers: { "content-length": length }, signal: AbortSignal.timeout(CONTENT_TIMEOUT_MS) };
  const sent = request(target, options);
  const status = new Promise<number>((resolve, reject) => {
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
  });
  const body = content ? Readable.fromWeb(content as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([]);
  const [, answered] = await Promise.all([pipeline(body, sent), status]);
  return answered;
}
