import { type HttpAnswer, send } from "./http.ts";
import { type RoleCredentials, signedHeaders } from "./sign-request.ts";

const LONG_POLL_S = 20;
const MAX_MESSAGES = 10;
const TIMEOUT_MS = 10_000;

export interface SqsMessage {
  readonly receipt: string;
  readonly body: string;
}

/** The queue is not there. */
export class QueueGone extends Error {}

/** The three calls of SQS that an agent makes, by SQS's JSON protocol. */
export class Sqs {
  constructor(
    private readonly region: string,
    private readonly credentials: () => Promise<RoleCredentials>,
  ) {}

  /** Waits up to 20 seconds for the first of at most 10 messages. */
  async receive(queueUrl: string): Promise<SqsMessage[]> {
    const request = { QueueUrl: queueUrl, MaxNumberOfMessages: MAX_MESSAGES, WaitTimeSeconds: LONG_POLL_S };
    const { Messages = [] } = await this.call("ReceiveMessage", request, TIMEOUT_MS + LONG_POLL_S * 1_000);
    return (Messages as { ReceiptHandle: string; Body: string }[]).map(({ ReceiptHandle, Body }) => ({
      receipt: ReceiptHandle,
      body: Body,
    }));
  }

  /** Removes what one {@link receive} answered, in one request; what is not removed comes again. */
  async remove(queueUrl: string, receipts: readonly string[]): Promise<void> {
    const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    await this.call("DeleteMessageBatch", { QueueUrl: queueUrl, Entries }, TIMEOUT_MS);
  }

  async send(queueUrl: string, body: string): Promise<void> {
    await this.call("SendMessage", { QueueUrl: queueUrl, MessageBody: body }, TIMEOUT_MS);
  }

  private async call(
    action: string,
    request: { readonly QueueUrl: string; readonly [parameter: string]: unknown },
    timeoutMs: number,
  ): Promise<Record<string, unknown>> {
    const url = `${new URL(request.QueueUrl).origin}/`;
    const body = JSON.stringify(request);
    const plain = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` };
    const { region } = this;
    const headers = signedHeaders({ url, headers: plain, body, service: "sqs", region, now: Date.now() }, await this.credentials());
    const answer = await send({ method: "POST", url, headers, body, timeoutMs });
    if (answer.status !== 200) throw failure(action, answer);
    return answer.body === "" ? {} : (JSON.parse(answer.body) as Record<string, unknown>);
  }
}

function failure(action: string, { status, body }: HttpAnswer): Error {
  const message = `SQS answered ${status} to ${action}: ${body.slice(0, 300)}`;
  return /QueueDoesNotExist|NonExistentQueue/.test(body) ? new QueueGone(message) : new Error(message);
}
