import { randomUUID } from "node:crypto";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe } from "vitest";
import { SqsQueue } from "../../../adapters/aws/sqs/sqs-queue.ts";
import { queueContract } from "../../contract/queue-contract.ts";
import { EmulatorClock, emulator } from "../../support/emulator.ts";

const { missing, config } = emulator();

async function createQueue(client: SQSClient, fifo: boolean, deadLetters?: { arn: string; maxReceives: number }): Promise<string> {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters?.arn, maxReceiveCount: deadLetters?.maxReceives });
  const { QueueUrl = "" } = await client.send(
    new CreateQueueCommand({
      QueueName: `test-${randomUUID()}${fifo ? ".fifo" : ""}`,
      Attributes: { ...(fifo ? { FifoQueue: "true" } : {}), ...(deadLetters ? { RedrivePolicy } : {}) },
    }),
  );
  return QueueUrl;
}

describe.skipIf(missing)("on the emulator", () => {
  queueContract("the queue on SQS", async ({ fifo, maxReceives }) => {
    const client = new SQSClient(config);
    const clock = new EmulatorClock();
    const dead = await createQueue(client, fifo);
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }));
    const url = await createQueue(client, fifo, { arn: Attributes?.QueueArn ?? "", maxReceives });
    const deadLetters = async () => {
      const deliveries = await new SqsQueue<string>({ client, url: dead }).receive({ max: 10, visibilitySeconds: 0 });
      return { count: deliveries.length, bodies: deliveries.map(({ body }) => body) };
    };
    return {
      queue: new SqsQueue<string>({ client, url }),
      clock,
      advance: async (milliseconds) => {
        // A receive that waits should wait on the emulator when its time moves on: one that came later would wait in real time.
        await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
        clock.advance(milliseconds);
      },
      deadLetters,
      close: async () => client.destroy(),
    };
  });
});
