import type { SQSEvent, SQSRecord } from "aws-lambda";
import { describe, expect, it } from "vitest";
import type { Log } from "../../../core/ports/log.ts";
import { byGroup, deliveriesOf, handleGroups } from "../../../lambdas/sqs-batch.ts";

const logged: string[] = [];
const log: Log = (_level, event) => {
  logged.push(event);
};

function batch(...messages: { id: string; body: string; group?: string }[]): SQSEvent {
  const Records = messages.map(({ id, body, group }) => ({
    messageId: id,
    receiptHandle: `r-${id}`,
    body,
    attributes: { ApproximateReceiveCount: "2", SentTimestamp: "1700000000000", ...(group ? { MessageGroupId: group } : {}) },
  }));
  return { Records: Records as unknown as SQSRecord[] };
}

describe("a batch of messages", () => {
  it("is read with what the queue says of each", () => {
    expect(deliveriesOf(batch({ id: "a", body: '{"x":1}', group: "g" }), log)).toEqual([
      { id: "a", receipt: "r-a", body: { x: 1 }, group: "g", receiveCount: 2, sentAt: 1_700_000_000_000 },
    ]);
  });

  it("is read without what is no message, which is logged and not asked for again", () => {
    logged.length = 0;
    expect(deliveriesOf(batch({ id: "a", body: "{" }, { id: "b", body: "1" }), log).map(({ id }) => id)).toEqual(["b"]);
    expect(logged).toEqual(["malformed message"]);
  });

  it("fails in part: all of a group that failed comes again, and nothing of the others", async () => {
    const event = batch(
      { id: "a1", body: "1", group: "a" },
      { id: "b1", body: "1", group: "b" },
      { id: "a2", body: "2", group: "a" },
      { id: "b2", body: "2", group: "b" },
    );
    const handled: string[][] = [];
    const result = await handleGroups(
      byGroup(deliveriesOf(event, log)),
      async (group) => {
        handled.push(group.map(({ id }) => id));
        if (group[0]?.group === "b") throw new Error("no");
      },
      log,
    );
    expect(handled).toEqual([
      ["a1", "a2"],
      ["b1", "b2"],
    ]);
    expect(result.batchItemFailures).toEqual([{ itemIdentifier: "b1" }, { itemIdentifier: "b2" }]);
  });
});
