/**
 * How Lambda feeds a function from a queue, as AWS describes it, at its most costly: several pollers, each with a batch of its own that the first message opens and that
 * goes when it is full, or its window over. Each reads on meanwhile, a request for whatever has come, and waits out a long poll where nothing does. What was handled is
 * deleted ten at a time.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { EventSource } from "../../../cdk/event-sources.ts";
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
    private readonly source: EventSource,
    pollers: number,
    private readonly handler: QueueHandler,
    private readonly onError: (error: unknown) => void,
  ) {
    for (let i = 0; i < pollers; i++) void this.poll().catch(onError);
  }

  private async poll(): Promise<never> {
    for (;;) {
      const batch = await this.sqs.receive(this.url);
      if (batch.length === 0) continue;
      await this.gather(batch);
      // FIFO or not, this poller reads on when its call is over.
      await this.call(batch);
    }
  }

  /** Reads on until the batch is full or its window is over; of what comes in a request that outlasts the window, the next call is made. */
  private async gather(batch: SimMessage[]): Promise<void> {
    const { batchSize, windowSeconds = 0 } = this.source;
    const end = this.loop.now() + windowSeconds * 1000;
    let late: Promise<SimMessage[]> | undefined;
    while (batch.length < batchSize && this.loop.now() < end) {
      late = this.sqs.receive(this.url);
      const more = await Promise.race([late, this.loop.sleep(end - this.loop.now())]);
      if (!more) break;
      late = undefined;
      batch.push(...more);
    }
    void late?.then((more) => (more.length > 0 ? this.call(more) : undefined)).catch(this.onError);
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
