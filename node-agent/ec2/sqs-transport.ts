/**
 * Reaches the control plane by SQS: reports go to its queue of events, signed with the machine's own secret; messages come by long polls of the machine's own
 * queue. Both go on for ever, with pauses after failures; only when the machine's queue is gone for good is it refused.
 */
import type { FileRequest } from "../../core/protocol/file-request.ts";
import type { NodeReport, ToNode } from "../../core/protocol/messages.ts";
import type { Registration } from "../../core/protocol/registration.ts";
import { signReport } from "../../core/protocol/signed-report.ts";
import type { StoredMessage } from "../../core/protocol/stored-message.ts";
import { type Log, messageOf } from "../log.ts";
import { systemTime, type Time } from "../time.ts";
import type { Transport, TransportHandlers } from "../transport.ts";
import { QueueGone, type Sqs, type SqsMessage } from "./sqs.ts";

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 10_000;
/** A report is accepted so long after it was sent: what happens meanwhile goes together in the next, as each costs a message. */
const GATHER_MS = 500;
/** A new queue may take a minute to be there for all. */
const QUEUE_GONE_MS = 90_000;

export class SqsTransport implements Transport {
  private readonly claims: Pick<Registration, "machineId" | "poolId" | "dedicated">;
  private heardAt: number;
  private unsent = 0;
  private closed = false;
  private readonly sleepers = new Set<() => void>();

  constructor(
    private readonly registration: Registration,
    private readonly sqs: Pick<Sqs, "receive" | "remove" | "send">,
    /** Deals with what is asked of the node's files, whenever it is done. */
    private readonly answerFiles: (request: FileRequest) => void,
    /** What is still to be done about a report that was sent, before another one is. Never rejects. */
    private readonly afterReport: (report: NodeReport) => Promise<void>,
    /** Reads a message that was too large for the queue; undefined where it is there no more. */
    private readonly readStored: (url: string) => Promise<string | undefined>,
    private readonly log: Log,
    private readonly time: Time = systemTime,
  ) {
    this.heardAt = time.elapsed();
    const { machineId, poolId, dedicated } = registration;
    this.claims = { machineId, poolId, dedicated };
  }

  start(handlers: TransportHandlers): void {
    this.heardAt = this.time.elapsed();
    void this.receiveAll(handlers);
    handlers.onConnected();
  }

  async deliver(report: NodeReport): Promise<void> {
    const { eventsUrl, secret } = this.registration;
    this.unsent++;
    for (let retryMs = FIRST_RETRY_MS; !this.closed; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      try {
        // Signed anew each time, since a signature is good for some minutes only.
        await this.sqs.send(eventsUrl, JSON.stringify(signReport(secret, this.claims, this.time.now(), report)));
        this.unsent--;
        this.heardAt = this.time.elapsed();
        await Promise.all([this.pause(GATHER_MS), this.afterReport(report)]);
        return;
      } catch (error) {
        this.log("warn", "report-not-sent", { error: messageOf(error) });
        await this.pause(retryMs);
      }
    }
  }

  silentMs(): number {
    return this.time.elapsed() - this.heardAt;
  }

  close(): void {
    this.closed = true;
    for (const wake of this.sleepers) wake();
  }

  private async receiveAll(handlers: TransportHandlers): Promise<void> {
    const { queueUrl } = this.registration;
    let retryMs = FIRST_RETRY_MS;
    let goneSince: number | undefined;
    while (!this.closed) {
      try {
        const messages = await this.sqs.receive(queueUrl);
        if (this.closed) return;
        // Whoever cannot be told how the node is has not heard of it, though the node hears.
        if (this.unsent === 0) this.heardAt = this.time.elapsed();
        await this.takeAll(handlers, messages);
        retryMs = FIRST_RETRY_MS;
        goneSince = undefined;
      } catch (error) {
        goneSince = error instanceof QueueGone ? (goneSince ?? this.time.elapsed()) : undefined;
        if (goneSince !== undefined && this.time.elapsed() - goneSince > QUEUE_GONE_MS)
          return handlers.onRefused("The node's queue was removed.");
        this.log("warn", "not-received", { error: messageOf(error) });
        await this.pause(retryMs);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
  }

  /** In their order. What could not be read yet is not removed, and comes again. */
  private async takeAll(handlers: TransportHandlers, messages: readonly SqsMessage[]): Promise<void> {
    const done: string[] = [];
    for (const { receipt, body } of messages) if (await this.take(handlers, body)) done.push(receipt);
    if (done.length > 0) await this.sqs.remove(this.registration.queueUrl, done);
  }

  /** A message that cannot be handled now cannot be handled when it comes again: it is logged, and done with. */
  private async take(handlers: TransportHandlers, body: string): Promise<boolean> {
    try {
      const message = JSON.parse(body) as ToNode | FileRequest | StoredMessage;
      if (message.kind === "stored") return await this.takeStored(handlers, message);
      if (message.kind === "files") this.answerFiles(message);
      else handlers.onMessage(message);
    } catch (error) {
      this.log("error", "message", { error: messageOf(error) });
    }
    return true;
  }

  private async takeStored(handlers: TransportHandlers, { url }: StoredMessage): Promise<boolean> {
    try {
      const text = await this.readStored(url);
      if (text === undefined) this.log("warn", "stored-message-gone");
      return text === undefined || (await this.take(handlers, text));
    } catch (error) {
      this.log("warn", "stored-message-not-read", { error: messageOf(error) });
      return false;
    }
  }

  private pause(ms: number): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.sleepers.delete(wake);
        resolve();
      };
      const cancel = this.time.after(ms, wake);
      this.sleepers.add(wake);
    });
  }
}
