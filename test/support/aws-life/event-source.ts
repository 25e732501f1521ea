/**
 * How Lambda feeds a function from a queue, as AWS describes it: some pollers, each of which waits out long polls, calls the function with what a request brought, and
 * polls on when that is done. What was handled is deleted ten at a time.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Loop } from "../../simulation/loop.ts";
import type { SimMessage, SimSqs } from "./sim-sqs.ts";

/** From the call of a function to its start. */
const CALL_MS = 15;

export type QueueHandler = (event: SQSEvent) => Promise<SQSBatchResponse>;

export class FedFunction {
  /** Calls of the function. */
  calls = 0;

  constructor(
    private readonly loop: Loop,
    private readonly sqs: SimSqs,
    private readonly url: string,
    private readonly batchSize: number,
    pollers: number,
    private readonly handler: QueueHandler,
    onError: (error: unknown) => void,
  ) {
    for (let i = 0; i < pollers; i++) void this.poll().catch(onError);
  }

  private async poll(): Promise<never> {
    for (;;) {
      const batch = await this.sqs.receive(this.url);
      for (let i = 0; i < batch.length; i += this.batchSize) await this.call(batch.slice(i, i + this.batchSize));
    }
  }

  private async call(batch: readonly SimMessage[]): Promise<void> {
    this.calls++;
    await this.loop.sleep(CALL_MS);
    const { batchItemFailures } = await this.handler({ Records: batch.map(record) });
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages of ${this.url} were not handled`);
    await this.sqs.remove(this.url, batch);
  }
}

function record({ id, body, group, sentAt }: SimMessage): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(sentAt),
      SenderId: "",
      ApproximateFirstReceiveTimestamp: String(sentAt),
      ...(group === undefined ? {} : { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:sim",
    awsRegion: "us-east-1",
  };
}
