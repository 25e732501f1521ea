import { Refusal } from "../../../core/domain/errors.ts";
import type { JobRef, TaskRef } from "../../../core/domain/refs.ts";
import type { ByteRange, NodeAddress, NodeFileStat, NodeFiles } from "../../../core/ports/files.ts";
import type { FileQuestion, FileReply } from "../../../core/protocol/file-request.ts";
import type { FileReplies } from "./file-replies.ts";
import type { KeptObjects } from "./kept-objects.ts";

/** A node's files as its agent tells of them; of a node that is gone, its tasks' outputs that were kept. */
export class S3NodeFiles implements NodeFiles {
  constructor(
    private readonly replies: FileReplies,
    private readonly kept: KeptObjects,
  ) {}

  async stat({ machineId }: NodeAddress, path: string): Promise<NodeFileStat | undefined> {
    const answer = await this.ask(machineId, { op: "stat", path });
    return answer ? answer.reply.stat : this.kept.stat(machineId, path);
  }

  async read({ machineId }: NodeAddress, path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const answer = await this.ask(machineId, { op: "read", path, ...(range ? { range } : {}) });
    if (!answer) return this.kept.read(machineId, path, range);
    return answer.reply.found ? this.replies.content(answer.contentKey) : undefined;
  }

  async list(
    { machineId }: NodeAddress,
    path: string,
    options: { recursive: boolean; after?: string; limit: number },
  ): Promise<{ files: NodeFileStat[]; next?: string } | undefined> {
    const answer = await this.ask(machineId, { op: "list", path, ...options });
    if (!answer) {
      const files = await this.kept.list(machineId, path);
      return files.length > 0 ? { files: files.filter((file) => options.after === undefined || file.path > options.after) } : undefined;
    }
    const { found, files = [], next } = answer.reply;
    return found ? { files: [...files], ...(next === undefined ? {} : { next }) } : undefined;
  }

  async remove({ machineId }: NodeAddress, path: string, recursive: boolean): Promise<"removed" | "missing" | "not-empty"> {
    const answer = await this.ask(machineId, { op: "remove", path, recursive });
    return answer ? answer.reply.outcome : "missing";
  }

  forget(of: TaskRef | JobRef): Promise<void> {
    return this.kept.forget(of);
  }

  private async ask<Q extends FileQuestion>(machineId: string, question: Q) {
    const answer = await this.replies.ask(machineId, question);
    if (!answer) return undefined;
    const { reply, contentKey } = answer;
    if (reply.op !== question.op) {
      const reason = reply.op === "failed" ? reply.reason : "The node answered another question.";
      throw new Refusal("ServerBusy", { Reason: reason });
    }
    return { reply: reply as Extract<FileReply, { op: Q["op"] }>, contentKey };
  }
}
