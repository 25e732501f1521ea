import { type SendMessageBatchCommandInput, type SendMessageBatchResultEntry, SQSClient } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack } from "../../../adapters/aws/sqs/pack.ts";
import { SqsQueue } from "../../../adapters/aws/sqs/sqs-queue.ts";

/** A queue whose requests are answered here: the bodies sent in each, of which the n-th request refuses some. */
function answering(refuse: (bodies: string[], request: number) => { refused: number[]; ours?: boolean }) {
  const client = new SQSClient({ region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } });
  const requests: string[][] = [];
  client.middlewareStack.add(
    () => async (args) => {
      const { Entries = [] } = args.input as SendMessageBatchCommandInput;
      const bodies = Entries.map(({ MessageBody = "" }) => JSON.parse(MessageBody) as string);
      const { refused, ours = false } = refuse(bodies, requests.push(bodies));
      const Failed = refused.map((index) => ({ Id: Entries[index]?.Id, SenderFault: ours, Code: "InternalError", Message: "Not now." }));
      const Successful: Partial<SendMessageBatchResultEntry>[] = [];
      return { response: {}, output: { $metadata: {}, Successful, Failed } as never };
    },
    { step: "initialize" },
  );
  return { queue: new SqsQueue<string>({ client, url: "https://sqs.example/1/q" }), requests };
}

describe("a queue on SQS", () => {
  const messages = ["a", "b", "c"].map((body) => ({ body }));

  it("sends again only what was turned away", async () => {
    const { queue, requests } = answering((_, request) => ({ refused: request === 1 ? [0, 2] : [] }));
    await queue.send(messages);
    expect(requests).toEqual([
      ["a", "b", "c"],
      ["a", "c"],
    ]);
  });

  it("gives up in the end, and at once where the message is at fault", async () => {
    const busy = answering((bodies) => ({ refused: bodies.map((_, index) => index) }));
    await expect(busy.queue.send(messages)).rejects.toThrow("Not now.");
    expect(busy.requests).toHaveLength(4);
    const wrong = answering(() => ({ refused: [1], ours: true }));
    await expect(wrong.queue.send(messages)).rejects.toThrow("refused 1 of 3");
    expect(wrong.requests).toHaveLength(1);
  });

  it("packs any messages in order, within the bounds of a request", () => {
    const limit = 1024 * 1024;
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: limit / 8, max: limit })), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, (all) => {
        const packed = pack(all.map((size, message) => ({ message, text: "x".repeat(size) })));
        expect(packed.flat().map(({ message }) => message)).toEqual(all.map((_, index) => index));
        for (const request of packed) {
          expect(request.length).toBeLessThanOrEqual(10);
          expect(request.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(limit);
        }
      }),
    );
    expect(() => pack([{ message: 0, text: "x".repeat(limit + 1) }])).toThrow("too large");
  });
});
