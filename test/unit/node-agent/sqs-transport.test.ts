import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FileRequest } from "../../../core/protocol/file-request.ts";
import type { NodeReport, ToNode } from "../../../core/protocol/messages.ts";
import { nodeSecret, openReport } from "../../../core/protocol/signed-report.ts";
import { QueueGone, type SqsMessage } from "../../../node-agent/ec2/sqs.ts";
import { SqsTransport } from "../../../node-agent/ec2/sqs-transport.ts";

const KEY = "the service's own";
const claims = { machineId: "i-1", poolId: "p", dedicated: false };
const registration = {
  ...claims,
  region: "us-east-1",
  queueUrl: "http://q/node",
  eventsUrl: "http://q/events",
  secret: nodeSecret(KEY, claims),
};
const report = (seq: number): NodeReport => ({ boot: 1, seq, events: [], load: { want: 1, busy: 0, slotsInUse: 0 } });

/** SQS as far as one agent sees it: what it gives, what it is given, and when it fails. */
class FakeSqs {
  readonly sent: string[] = [];
  readonly removed: string[] = [];
  readonly waiting: SqsMessage[] = [];
  failing: Error | undefined;

  async receive(): Promise<SqsMessage[]> {
    if (this.failing) throw this.failing;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return this.waiting.splice(0);
  }
  async remove(_url: string, receipts: readonly string[]): Promise<void> {
    this.removed.push(...receipts);
  }
  async send(_url: string, body: string): Promise<void> {
    if (this.failing) throw this.failing;
    this.sent.push(body);
  }
}

let sqs: FakeSqs;
let readStored: (url: string) => Promise<string | undefined>;
let transport: SqsTransport;
const files: FileRequest[] = [];
const after: NodeReport[] = [];
const handlers = { onMessage: vi.fn<(message: ToNode) => void>(), onConnected: vi.fn(), onRefused: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  files.length = 0;
  after.length = 0;
  sqs = new FakeSqs();
  const keep = async (one: NodeReport) => void after.push(one);
  transport = new SqsTransport(
    registration,
    sqs,
    (request) => files.push(request),
    keep,
    (url) => readStored(url),
    () => {},
  );
});
afterEach(() => {
  transport.close();
  vi.useRealTimers();
});

describe("an agent's transport by SQS", () => {
  it("is connected from its start, and hands on what comes, which it removes", async () => {
    transport.start(handlers);
    expect(handlers.onConnected).toHaveBeenCalledOnce();
    sqs.waiting.push({ receipt: "r1", body: '{"kind":"leave","how":"requeue"}' }, { receipt: "r2", body: "{" });
    await vi.advanceTimersByTimeAsync(300);
    expect(handlers.onMessage).toHaveBeenCalledExactlyOnceWith({ kind: "leave", how: "requeue" });
    expect(sqs.removed).toEqual(["r1", "r2"]);
  });

  it("reads what was too large for the queue, in its order, and leaves it there until it has it", async () => {
    transport.start(handlers);
    let broken = true;
    readStored = async (url) => {
      if (broken) throw new Error(`no way to ${url}`);
      return '{"kind":"leave","how":"terminate"}';
    };
    const stored = { receipt: "r1", body: '{"kind":"stored","url":"http://s/1"}' };
    sqs.waiting.push(stored, { receipt: "r2", body: '{"kind":"leave","how":"requeue"}' });
    await vi.advanceTimersByTimeAsync(300);
    expect(sqs.removed).toEqual(["r2"]);
    broken = false;
    sqs.waiting.push(stored);
    await vi.advanceTimersByTimeAsync(300);
    expect(handlers.onMessage.mock.calls.map(([message]) => message)).toEqual([
      { kind: "leave", how: "requeue" },
      { kind: "leave", how: "terminate" },
    ]);
    expect(sqs.removed).toEqual(["r2", "r1"]);
    readStored = async () => undefined;
    sqs.waiting.push({ ...stored, receipt: "r3" });
    await vi.advanceTimersByTimeAsync(300);
    expect(sqs.removed).toEqual(["r2", "r1", "r3"]);
    expect(handlers.onMessage).toHaveBeenCalledTimes(2);
  });

  it("has what is asked of the node's files answered beside the agent", async () => {
    transport.start(handlers);
    const request = { kind: "files", question: { op: "stat", path: "a" }, replyUrl: "http://r", contentUrl: "http://c" };
    sqs.waiting.push({ receipt: "r", body: JSON.stringify(request) });
    await vi.advanceTimersByTimeAsync(300);
    expect(files).toEqual([request]);
    expect(handlers.onMessage).not.toHaveBeenCalled();
  });

  it("signs each report so that the service can open it, and accepts it when all is done about it", async () => {
    transport.start(handlers);
    let accepted = false;
    void transport.deliver(report(1)).then(() => {
      accepted = true;
    });
    await vi.advanceTimersByTimeAsync(50);
    expect(openReport(KEY, JSON.parse(sqs.sent[0] ?? ""), Date.now())).toEqual({ ...claims, report: report(1) });
    expect(accepted).toBe(false);
    await vi.advanceTimersByTimeAsync(600);
    expect(accepted).toBe(true);
    expect(after).toEqual([report(1)]);
  });

  it("sends a report until it is taken, and is silent meanwhile", async () => {
    transport.start(handlers);
    sqs.failing = new Error("no way");
    const delivered = transport.deliver(report(2));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sqs.sent).toEqual([]);
    expect(transport.silentMs()).toBeGreaterThan(19_000);
    sqs.failing = undefined;
    await vi.advanceTimersByTimeAsync(20_000);
    await delivered;
    expect(sqs.sent).toHaveLength(1);
    expect(transport.silentMs()).toBeLessThan(1_000);
  });

  it("is refused when its queue stays gone, and not before", async () => {
    transport.start(handlers);
    sqs.failing = new QueueGone("gone");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(handlers.onRefused).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(handlers.onRefused).toHaveBeenCalledOnce();
  });
});
