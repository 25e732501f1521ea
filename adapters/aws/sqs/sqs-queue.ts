import { randomUUID } from "node:crypto";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message as Received,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Delivery, Message, Queue } from "../../../core/ports/queue.ts";
import { isStaleReceipt } from "./errors.ts";
import { pack } from "./pack.ts";

const MAX_DELAY_S = 900;
const MAX_RECEIVE = 10;
const MAX_WAIT_S = 20;
const SEND_TRIES = 4;
const ACKNOWLEDGE_AT_ONCE = 10;

export interface SqsQueueOptions {
  readonly client: SQSClient;
  /** Of a FIFO queue it ends in `.fifo`. */
  readonly url: string;
}

/**
 * A queue on SQS; bodies travel as JSON. The client repeats requests that fail on the way; single messages that SQS turns away are sent
 * again here. A message may come twice, as the port says. Receives at most 10 messages at once and waits at most 20 seconds.
 */
export class SqsQueue<T> implements Queue<T> {
  private readonly client: SQSClient;
  private readonly url: string;
  private readonly fifo: boolean;

  constructor({ client, url }: SqsQueueOptions) {
    this.client = client;
    this.url = url;
    this.fifo = url.endsWith(".fifo");
  }

  async send(messages: readonly Message<T>[]): Promise<void> {
    for (const message of messages) this.check(message);
    const requests = pack(messages.map((message) => ({ message, text: JSON.stringify(message.body) })));
    // One after another: the messages of a FIFO queue's group must not overtake each other.
    for (const request of requests) await this.sendTogether(request.map(({ message, text }, index) => this.entry(message, text, index)));
  }

  async receive({
    max,
    visibilitySeconds,
    waitSeconds = 0,
  }: {
    max: number;
    visibilitySeconds: number;
    waitSeconds?: number;
  }): Promise<Delivery<T>[]> {
    if (max < 1) throw new RangeError(`A receive takes at least 1 message, not ${max}.`);
    const { Messages = [] } = await this.client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: Math.min(max, MAX_RECEIVE),
        VisibilityTimeout: Math.ceil(visibilitySeconds),
        WaitTimeSeconds: Math.min(MAX_WAIT_S, Math.ceil(waitSeconds)),
        MessageSystemAttributeNames: ["ApproximateReceiveCount", "MessageGroupId"],
      }),
    );
    return Messages.map((message) => delivery<T>(message));
  }

  async acknowledge(receipts: readonly string[]): Promise<void> {
    for (let i = 0; i < receipts.length; i += ACKNOWLEDGE_AT_ONCE) {
      const Entries = receipts.slice(i, i + ACKNOWLEDGE_AT_ONCE).map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      const { Failed = [] } = await this.client.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }));
      const bad = Failed.find((failure) => !isStaleReceipt(failure));
      if (bad) throw new Error(`A message of the queue ${this.url} could not be deleted: ${bad.Message ?? bad.Code}. It will come again.`);
    }
  }

  async postpone(receipt: string, seconds: number): Promise<void> {
    const VisibilityTimeout = Math.ceil(seconds);
    try {
      await this.client.send(new ChangeMessageVisibilityCommand({ QueueUrl: this.url, ReceiptHandle: receipt, VisibilityTimeout }));
    } catch (error) {
      if (!isStaleReceipt(error)) throw error;
    }
  }

  private check({ group, delaySeconds = 0 }: Message<T>): void {
    if (!(delaySeconds >= 0 && delaySeconds <= MAX_DELAY_S)) {
      throw new RangeError(`A message's delay must be from 0 to ${MAX_DELAY_S} seconds, not ${delaySeconds}.`);
    }
    if (!this.fifo) return;
    if (!group) throw new RangeError("A message to a FIFO queue needs a group.");
    if (delaySeconds > 0) throw new RangeError("A FIFO queue delays no message of its own: send it by a standard queue.");
  }

  private entry({ group, delaySeconds = 0 }: Message<T>, MessageBody: string, index: number): SendMessageBatchRequestEntry {
    const entry = { Id: String(index), MessageBody };
    // Every message counts, also one that says the same as another: SQS must not take it for a duplicate.
    if (this.fifo) return { ...entry, ...(group ? { MessageGroupId: group } : {}), MessageDeduplicationId: randomUUID() };
    return delaySeconds > 0 ? { ...entry, DelaySeconds: Math.ceil(delaySeconds) } : entry;
  }

  private async sendTogether(entries: readonly SendMessageBatchRequestEntry[]): Promise<void> {
    let open = entries;
    for (let tries = 1; ; tries++) {
      const { Failed = [] } = await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries: [...open] }));
      if (Failed.length === 0) return;
      const first = Failed.find(({ SenderFault }) => SenderFault) ?? Failed[0];
      if (first?.SenderFault || tries === SEND_TRIES) {
        throw new Error(`The queue ${this.url} refused ${Failed.length} of ${open.length} messages: ${first?.Message ?? first?.Code}.`);
      }
      const failed = new Set(Failed.map(({ Id }) => Id));
      open = open.filter(({ Id }) => failed.has(Id));
    }
  }
}

function delivery<T>({ MessageId = "", ReceiptHandle = "", Body = "", Attributes = {} }: Received): Delivery<T> {
  return {
    id: MessageId,
    receipt: ReceiptHandle,
    body: JSON.parse(Body) as T,
    receiveCount: Number(Attributes.ApproximateReceiveCount ?? 1),
    ...(Attributes.MessageGroupId === undefined ? {} : { group: Attributes.MessageGroupId }),
  };
}
