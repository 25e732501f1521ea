import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { FileQuestion, FileReply, FileRequest } from "../../../core/protocol/file-request.ts";
import { isMissing } from "./errors.ts";

const ANSWERS_WITHIN_MS = 20_000;
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 500;
const URL_SECONDS = 600;

export interface FileRepliesOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Where replies and contents are put; no container's name can begin so. Objects here may go after a day. */
  readonly prefix: string;
  /** A URL that takes a PUT of the object, for so many seconds. */
  readonly putUrl: (key: string, seconds: number) => string;
  /** Hands the request to the machine; false where the machine is gone. */
  readonly send: (machineId: string, request: FileRequest) => Promise<boolean>;
  readonly nextId: () => string;
}

/** Asks nodes about their files: the question goes by the node's queue, the answer comes back through the bucket, at any size. */
export class FileReplies {
  constructor(private readonly options: FileRepliesOptions) {}

  /** undefined where the machine is gone. Rejects where it does not answer in time. */
  async ask(machineId: string, question: FileQuestion): Promise<{ reply: FileReply; contentKey: string } | undefined> {
    const { prefix, putUrl, send, nextId } = this.options;
    const contentKey = `${prefix}${nextId()}`;
    const replyKey = `${contentKey}.json`;
    const request: FileRequest = {
      kind: "files",
      question,
      replyUrl: putUrl(replyKey, URL_SECONDS),
      contentUrl: putUrl(contentKey, URL_SECONDS),
    };
    if (!(await send(machineId, request))) return undefined;
    const until = performance.now() + ANSWERS_WITHIN_MS;
    for (let wait = FIRST_LOOK_MS; performance.now() < until; wait = Math.min(wait * 2, LAST_LOOK_MS)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const reply = await this.look(replyKey);
      if (reply) return { reply, contentKey };
    }
    throw new Error(`The machine ${machineId} did not answer within ${ANSWERS_WITHIN_MS} ms.`);
  }

  async content(key: string): Promise<ReadableStream<Uint8Array>> {
    const { Body } = await this.options.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: key }));
    if (!Body) throw new Error(`The object ${key} has no content.`);
    return Body.transformToWebStream() as ReadableStream<Uint8Array>;
  }

  private async look(key: string): Promise<FileReply | undefined> {
    try {
      const { Body } = await this.options.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: key }));
      return JSON.parse((await Body?.transformToString()) ?? "") as FileReply;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}
