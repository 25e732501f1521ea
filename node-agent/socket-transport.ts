import { connect, type Socket } from "node:net";
import { LineReader } from "../core/protocol/lines.ts";
import { type FromAgent, MAX_LINK_LINE, type ToAgent } from "../core/protocol/link.ts";
import type { NodeReport, ToNode } from "../core/protocol/messages.ts";
import type { Endpoint } from "./config.ts";
import { type Log, messageOf } from "./log.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;
/** A server that takes the connection and says nothing is tried again. */
const WELCOME_MS = 10_000;

interface Unaccepted {
  readonly line: string;
  readonly accepted: () => void;
}

/** Speaks to the control plane over a socket, and connects again whenever that breaks. */
export class SocketTransport implements Transport {
  private handlers: TransportHandlers | undefined;
  private socket: Socket | undefined;
  private welcomed = false;
  private closed = false;
  private retryMs = FIRST_RETRY_MS;
  private lastId = 0;
  private heardAt = performance.now();
  private readonly unaccepted = new Map<number, Unaccepted>();

  constructor(
    private readonly endpoint: Endpoint,
    private readonly credentials: { readonly machineId: string; readonly secret: string },
    private readonly log: Log,
  ) {}

  start(handlers: TransportHandlers): void {
    this.handlers = handlers;
    this.heardAt = performance.now();
    this.connect();
  }

  deliver(report: NodeReport): Promise<void> {
    const id = ++this.lastId;
    const line = `${JSON.stringify({ type: "report", id, report } satisfies FromAgent)}\n`;
    return new Promise((accepted) => {
      this.unaccepted.set(id, { line, accepted });
      if (this.welcomed) this.socket?.write(line);
    });
  }

  silentMs(): number {
    return performance.now() - this.heardAt;
  }

  close(): void {
    this.closed = true;
    this.socket?.destroy();
  }

  private connect(): void {
    const { endpoint } = this;
    const socket = "path" in endpoint ? connect({ path: endpoint.path }) : connect({ host: endpoint.host, port: endpoint.port });
    this.socket = socket;
    this.welcomed = false;
    socket.setNoDelay(true);
    socket.setTimeout(WELCOME_MS, () => socket.destroy(new Error("no welcome in time")));
    const lines = new LineReader(MAX_LINK_LINE);
    socket.on("connect", () => this.write({ type: "hello", ...this.credentials }));
    socket.on("data", (chunk: Buffer) => {
      this.heardAt = performance.now();
      try {
        for (const line of lines.push(chunk)) this.receive(JSON.parse(line) as ToAgent);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on("error", (error) => this.log("warn", "connection", { error: messageOf(error) }));
    socket.on("close", () => {
      this.welcomed = false;
      if (this.closed) return;
      // Jitter: a server that comes back is not met by every agent at once.
      setTimeout(() => this.closed || this.connect(), this.retryMs * (0.5 + Math.random() / 2));
      this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
    });
  }

  private receive(message: ToAgent): void {
    switch (message.type) {
      case "welcome":
        this.welcomed = true;
        this.retryMs = FIRST_RETRY_MS;
        this.socket?.setTimeout(0);
        for (const { line } of this.unaccepted.values()) this.socket?.write(line);
        this.handlers?.onConnected();
        return;
      case "refused":
        this.close();
        this.handlers?.onRefused(message.reason);
        return;
      case "accepted": {
        const accepted = this.unaccepted.get(message.id)?.accepted;
        this.unaccepted.delete(message.id);
        accepted?.();
        return;
      }
      case "message":
        this.handle(message.body);
        this.write({ type: "received", receipt: message.receipt });
        return;
    }
  }

  /** A message that cannot be handled now cannot be handled when it comes again: it is logged, and acknowledged. */
  private handle(body: ToNode): void {
    try {
      this.handlers?.onMessage(body);
    } catch (error) {
      this.log("error", "message", { kind: body.kind, error: messageOf(error) });
    }
  }

  private write(message: FromAgent): void {
    this.socket?.write(`${JSON.stringify(message)}\n`);
  }
}
