import { randomUUID } from "node:crypto";
import { ListQueuesCommand, ListQueueTagsCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqsNodeQueues } from "../../adapters/aws/sqs/node-queues.ts";
import { SqsQueue } from "../../adapters/aws/sqs/sqs-queue.ts";
import type { ToNode } from "../../core/protocol/messages.ts";
import { emulator } from "../support/emulator.ts";

const { missing, config, url } = emulator();

describe.skipIf(missing)("nodes' queues on SQS", () => {
  let client: SQSClient;
  let queues: SqsNodeQueues;
  let prefix: string;
  let logged: string[];
  let kept: string[];
  beforeEach(() => {
    client = new SQSClient(config);
    prefix = `t${randomUUID().slice(0, 8)}`;
    logged = [];
    kept = [];
    const keep = async (text: string) => `http://kept/${kept.push(text)}`;
    const log = (_level: string, event: string) => void logged.push(event);
    queues = new SqsNodeQueues({ client, baseUrl: `${url}/000000000000/`, prefix, keep, log });
  });
  afterEach(() => client.destroy());

  const leave: ToNode = { kind: "leave", how: "requeue" };
  const names = async () => (await client.send(new ListQueuesCommand({ QueueNamePrefix: prefix }))).QueueUrls ?? [];

  it("carry what is sent to one machine, under its name", async () => {
    const address = await queues.create("i-1");
    expect(await queues.create("i-1")).toBe(address);
    await queues.create("i-2");
    await queues.send("i-1", [leave]);
    const now = { max: 10, visibilitySeconds: 30 };
    expect((await new SqsQueue<ToNode>({ client, url: address }).receive(now)).map(({ body }) => body)).toEqual([leave]);
    expect((await client.send(new ListQueueTagsCommand({ QueueUrl: address }))).Tags).toEqual({ "shoal:machine": "i-1" });
  });

  it("take many more messages than one request does", async () => {
    const address = await queues.create("i-1");
    const message = { kind: "run", boot: 1, lease: "x".repeat(100_000), tasks: [] } as const;
    await queues.send(
      "i-1",
      Array.from({ length: 25 }, () => message),
    );
    let count = 0;
    const queue = new SqsQueue<ToNode>({ client, url: address });
    for (let some = -1; some !== 0; count += some) some = (await queue.receive({ max: 10, visibilitySeconds: 30 })).length;
    expect(count).toBe(25);
    expect(kept).toEqual([]);
  });

  it("carry what is too large for a queue by its address, up to a bound", async () => {
    const address = await queues.create("i-1");
    const tasks = Array.from({ length: 4 }, (_, i) => ({
      task: { jobId: "j", uid: "u", taskId: `t${i}` },
      attempt: 1,
      slots: 1,
      commandLine: "é".repeat(50_000),
    }));
    const large: ToNode = { kind: "run", boot: 1, lease: "l", tasks };
    await queues.send("i-1", [large, leave]);
    const received = await new SqsQueue<ToNode>({ client, url: address }).receive({ max: 10, visibilitySeconds: 30 });
    const bodies = received.map(({ body }) => body);
    expect(bodies).toContainEqual({ kind: "stored", url: "http://kept/1" });
    expect(bodies).toContainEqual(leave);
    expect(kept.map((text) => JSON.parse(text))).toEqual([large]);
    await expect(queues.send("i-1", [{ ...large, lease: "x".repeat(2 ** 25) }])).rejects.toThrow("too large");
  });

  it("go with the machine, and what comes late makes none", async () => {
    await queues.create("i-1");
    await queues.remove("i-1");
    await queues.remove("i-1");
    await queues.send("i-1", [leave]);
    expect(await names()).toEqual([]);
    expect(logged).toEqual(["node-queue-gone"]);
  });
});
