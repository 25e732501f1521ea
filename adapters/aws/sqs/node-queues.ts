import { CreateQueueCommand, DeleteQueueCommand, ListQueuesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Log } from "../../../core/ports/log.ts";
import type { FileRequest } from "../../../core/protocol/file-request.ts";
import type { ToNode } from "../../../core/protocol/messages.ts";
import { LARGEST_STORED, type StoredMessage } from "../../../core/protocol/stored-message.ts";
import { isGone } from "./errors.ts";
import { SqsQueue } from "./sqs-queue.ts";

/** A message that no agent took for so long is of no use any more: the sweep has made good by then what it was for. */
const RETENTION_S = 3_600;
const VISIBILITY_S = 30;
const PAGE = 1_000;
/** Larger messages go by the store: SQS took no larger ones for long, and each 64 KB cost as much as a message. */
const LARGE_BYTES = 256 * 1024;

export interface SqsNodeQueuesOptions {
  readonly client: SQSClient;
  /** Where the account's queues are, with a slash at the end: any queue's address without its name. */
  readonly baseUrl: string;
  /** Before each queue's name, so that one account can hold several services; at most 40 of A-Z, a-z, 0-9, - and _. */
  readonly prefix: string;
  /** Keeps a large message where it can be read for an hour; answers the address. */
  readonly keep: (text: string) => Promise<string>;
  readonly log: Log;
}

/** One queue a machine, by the machine's name, from its registration to its end. */
export class SqsNodeQueues {
  constructor(private readonly options: SqsNodeQueuesOptions) {}

  /** Makes the machine's queue, or finds it made; answers its address. A new queue may take a second to be there for all. */
  async create(machineId: string): Promise<string> {
    const { client } = this.options;
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({
        QueueName: this.name(machineId),
        Attributes: { MessageRetentionPeriod: String(RETENTION_S), VisibilityTimeout: String(VISIBILITY_S), SqsManagedSseEnabled: "true" },
        // What a machine's permissions are bound to: it may read the queue that carries its name, and no other.
        tags: { "shoal:machine": machineId },
      }),
    );
    return QueueUrl ?? this.url(machineId);
  }

  /**
   * To a machine without a queue nothing is sent, which is logged: it is gone, or will hear all that it needs when it registers. To
   * make it a queue here would leave one behind for each late message to a machine that is gone.
   */
  async send(machineId: string, messages: readonly ToNode[]): Promise<void> {
    if (await this.sendTo(machineId, messages)) return;
    this.options.log("warn", "node-queue-gone", { machineId, kinds: messages.map(({ kind }) => kind) });
  }

  /** False where the machine has no queue. Rejects with a RangeError where a message is longer than 32 MiB. */
  async sendTo(machineId: string, messages: readonly (ToNode | FileRequest)[]): Promise<boolean> {
    const bodies = await Promise.all(messages.map((message) => this.small(message)));
    try {
      const queue = new SqsQueue<ToNode | FileRequest | StoredMessage>({ client: this.options.client, url: this.url(machineId) });
      await queue.send(bodies.map((body) => ({ body })));
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  async remove(machineId: string): Promise<void> {
    try {
      await this.options.client.send(new DeleteQueueCommand({ QueueUrl: this.url(machineId) }));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** The names of all machines that have a queue, by pages of at most a thousand. */
  async *machines(): AsyncGenerator<readonly string[]> {
    const QueueNamePrefix = this.name("");
    let NextToken: string | undefined;
    do {
      const page = await this.options.client.send(
        new ListQueuesCommand({ QueueNamePrefix, MaxResults: PAGE, ...(NextToken ? { NextToken } : {}) }),
      );
      yield (page.QueueUrls ?? []).map((url) => url.slice(url.lastIndexOf("/") + 1 + QueueNamePrefix.length));
      NextToken = page.NextToken;
    } while (NextToken);
  }

  private async small(message: ToNode | FileRequest): Promise<ToNode | FileRequest | StoredMessage> {
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    if (bytes <= LARGE_BYTES) return message;
    if (bytes > LARGEST_STORED)
      throw new RangeError(`A message of ${bytes} bytes is too large for a node, which takes ${LARGEST_STORED}: send less in one.`);
    return { kind: "stored", url: await this.options.keep(text) };
  }

  private name(machineId: string): string {
    return `${this.options.prefix}-node-${machineId}`;
  }
  private url(machineId: string): string {
    return this.options.baseUrl + this.name(machineId);
  }
}
