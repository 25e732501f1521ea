/**
 * SQS as the adapters and the agents see it, on a simulated clock, with every request counted: long polls that end with the first message or after 20 seconds, ten
 * messages a request, delays, and FIFO queues that give a group's messages to one reader at a time. Nothing is lost; nothing comes twice unless it is a bad day.
 */
import { type SendMessageBatchCommandInput, SQSClient } from "@aws-sdk/client-sqs";
import type { Loop } from "../../simulation/loop.ts";
import type { Random } from "../../simulation/random.ts";

export interface SimMessage {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly sentAt: number;
}

const LONG_POLL_MS = 20_000;
const MOST = 10;
/** Each piece of so many bytes that a request carries is paid for as a request. */
const BILLED_BYTES = 64 * 1024;
const LATE_MS = 10_000;
/** From asking to the answer, where nothing is waited for. */
const REQUEST_MS = 10;

/** What of the name of a queue tells its kind: `node` for the nodes' own. */
function kindOf(url: string): string {
  const name = url.slice(url.lastIndexOf("/") + 1);
  return /^sim-node-/.test(name) && name !== "sim-node-events" ? "node" : name.replace("sim-", "").replace(".fifo", "");
}

class SimQueue {
  private readonly visible: SimMessage[] = [];
  private readonly readers: ((messages: SimMessage[]) => void)[] = [];
  private readonly busyGroups = new Set<string>();
  /** Sent and not removed. */
  size = 0;

  constructor(private readonly loop: Loop) {}

  add(message: SimMessage, delayMs: number): void {
    this.size++;
    this.loop.after(delayMs, () => {
      this.visible.push(message);
      this.serve();
    });
  }

  /** Up to ten messages, at once where there are any; else the first that come. The reader that has waited longest is served first. */
  receive(): Promise<SimMessage[]> {
    return new Promise((resolve) => {
      const reader = (messages: SimMessage[]) => {
        cancel();
        resolve(messages);
      };
      const cancel = this.loop.after(LONG_POLL_MS, () => {
        this.readers.splice(this.readers.indexOf(reader), 1);
        resolve([]);
      });
      this.readers.push(reader);
      this.serve();
    });
  }

  remove(messages: readonly SimMessage[]): void {
    this.size -= messages.length;
    for (const { group } of messages) if (group !== undefined) this.busyGroups.delete(group);
    this.serve();
  }

  private serve(): void {
    while (this.readers.length > 0) {
      const free = this.visible.filter(({ group }) => group === undefined || !this.busyGroups.has(group));
      const [first] = free;
      if (!first) return;
      const given = free.filter(({ group }) => group === first.group).slice(0, MOST);
      if (first.group !== undefined) this.busyGroups.add(first.group);
      for (const message of given) this.visible.splice(this.visible.indexOf(message), 1);
      this.readers.shift()?.(given);
    }
  }
}

export class SimSqs {
  /** Requests as they are paid for, by what they do and the kind of the queue: `send pool-doorbell`. */
  readonly requests = new Map<string, number>();
  readonly client: SQSClient;
  private readonly queues = new Map<string, SimQueue>();
  private made = 0;

  /** `badDay`: everything comes twice, each time up to ten seconds late, so that nothing keeps its order; its randomness. */
  constructor(
    private readonly loop: Loop,
    private readonly badDay?: Random,
  ) {
    this.client = new SQSClient({ region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } });
    this.client.middlewareStack.add(
      (_next, { commandName = "" }) =>
        async (args) => ({ response: {}, output: (await this.answer(commandName, args.input)) as never }),
      { step: "initialize" },
    );
  }

  get total(): number {
    return [...this.requests.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Messages that are sent and not done with, of the queues of the kind. */
  left(kind: string): number {
    return [...this.queues].filter(([url]) => kindOf(url) === kind).reduce((sum, [, { size }]) => sum + size, 0);
  }

  async send(url: string, bodies: readonly { body: string; group?: string | undefined; delayMs?: number }[]): Promise<void> {
    this.count("send", url, bodies);
    await this.loop.sleep(REQUEST_MS);
    for (const { body, group, delayMs = 0 } of bodies) {
      for (let i = 0; i < (this.badDay ? 2 : 1); i++) {
        const late = this.badDay ? this.badDay.int(0, LATE_MS) : 0;
        this.queue(url).add({ id: String(this.made++), body, group, sentAt: this.loop.now() }, delayMs + late);
      }
    }
  }

  async receive(url: string): Promise<SimMessage[]> {
    const messages = await this.queue(url).receive();
    this.count("receive", url, messages);
    await this.loop.sleep(REQUEST_MS);
    return messages;
  }

  async remove(url: string, messages: readonly SimMessage[]): Promise<void> {
    for (let i = 0; i < messages.length; i += MOST) this.count("delete", url, []);
    await this.loop.sleep(REQUEST_MS);
    this.queue(url).remove(messages);
  }

  private async answer(command: string, input: object): Promise<object> {
    if (command !== "SendMessageBatchCommand") throw new Error(`The simulated SQS does not know ${command}.`);
    const { QueueUrl = "", Entries = [] } = input as SendMessageBatchCommandInput;
    await this.send(
      QueueUrl,
      Entries.map(({ MessageBody = "", MessageGroupId, DelaySeconds = 0 }) => ({
        body: MessageBody,
        group: MessageGroupId,
        delayMs: DelaySeconds * 1000,
      })),
    );
    return { $metadata: {} };
  }

  private queue(url: string): SimQueue {
    const queue = this.queues.get(url) ?? new SimQueue(this.loop);
    this.queues.set(url, queue);
    return queue;
  }

  private count(what: string, url: string, carried: readonly { readonly body: string }[]): void {
    const name = `${what} ${kindOf(url)}`;
    const bytes = carried.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    this.requests.set(name, (this.requests.get(name) ?? 0) + Math.max(1, Math.ceil(bytes / BILLED_BYTES)));
  }
}
