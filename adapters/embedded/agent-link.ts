import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Log } from "../../core/ports/log.ts";
import type { Sender } from "../../core/ports/queue.ts";
import { LineReader } from "../../core/protocol/lines.ts";
import { type FromAgent, MAX_LINK_LINE, type ToAgent } from "../../core/protocol/link.ts";
import type { NodeEnvelope, ToNode } from "../../core/protocol/messages.ts";
import type { Timers } from "../timers.ts";
import type { Endpoint } from "./endpoint.ts";
import { Mailboxes } from "./mailboxes.ts";

/** Who speaks on a connection, as proved by its hello. */
export type Speaker = Omit<NodeEnvelope, "report">;

export interface AgentLinkOptions {
  readonly endpoint: Endpoint;
  /** The machine that runs under this name, if this is its secret; must compare in constant time. */
  readonly authenticate: (machineId: string, secret: string) => Speaker | undefined;
  /** Where reports go, each under the name that its connection proved. */
  readonly events: Sender<NodeEnvelope>;
  readonly timers: Timers;
  readonly log: Log;
}

const HELLO_MS = 10_000;
const MAX_HELLO_BYTES = 4 * 1024;

/**
 * The server's end of the agents' connections: JSON lines over a socket that only this user can open.
 *
 * An agent says hello and proves its name; then its reports go to the events queue, accepted once they are there, and the messages
 * that wait for it go out. A message that is not confirmed goes out again on the machine's next connection. A machine has one
 * connection: a newer one takes the older one's place.
 */
export class AgentLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly connected = new Map<string, Socket>();
  private readonly mailboxes = new Mailboxes();
  private readonly disconnectListeners: ((machineId: string) => void)[] = [];

  constructor(private readonly options: AgentLinkOptions) {
    this.server = createServer((socket) => this.greet(socket));
  }

  /** Resolves when agents can connect. A socket that a dead server left behind is replaced; one that answers is an error. */
  async listen(): Promise<void> {
    const { path } = this.options.endpoint;
    if (process.platform !== "win32") {
      if (await answers(path)) throw new Error(`Another server listens for agents on ${path}. Stop that one first.`);
      rmSync(path, { force: true });
    }
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(path, () => {
        this.server.off("error", reject);
        resolve();
      });
    });
    if (process.platform !== "win32") chmodSync(path, 0o600);
  }

  /** Tells when a machine's connection is gone and no newer one has taken its place. */
  onDisconnect(listener: (machineId: string) => void): void {
    this.disconnectListeners.push(listener);
  }

  /** Resolves at once: messages wait here for a machine that is not connected, in order. Throws when too many wait. */
  async send(machineId: string, messages: readonly ToNode[]): Promise<void> {
    const socket = this.connected.get(machineId);
    for (const letter of this.mailboxes.add(machineId, messages)) {
      if (socket) write(socket, { type: "message", ...letter });
    }
  }

  /** The machine is gone: its messages are dropped and its connection is closed. */
  async remove(machineId: string): Promise<void> {
    this.mailboxes.remove(machineId);
    this.connected.get(machineId)?.end();
  }

  /** Closes every connection; agents go on and look for the next server. */
  async close(): Promise<void> {
    this.disconnectListeners.length = 0;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private greet(socket: Socket): void {
    const { timers, log, authenticate } = this.options;
    this.sockets.add(socket);
    const lines = new LineReader(MAX_HELLO_BYTES);
    let speaker: Speaker | undefined;
    const patience = timers.set(() => socket.destroy(), HELLO_MS);
    const hear = (line: string) => {
      const message = JSON.parse(line) as FromAgent;
      if (speaker) return this.hear(speaker, socket, message);
      timers.clear(patience);
      speaker = message.type === "hello" ? authenticate(String(message.machineId), String(message.secret)) : undefined;
      if (!speaker) {
        log("warn", "agent-link.refused", { machineId: message.type === "hello" ? String(message.machineId) : undefined });
        write(socket, { type: "refused", reason: "This server runs no machine of this name with this secret." });
        socket.end();
        return;
      }
      lines.limit = MAX_LINK_LINE;
      this.welcome(speaker.machineId, socket);
    };
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const line of lines.push(chunk)) if (socket.writable) hear(line);
      } catch (error) {
        log("warn", "agent-link.malformed", { machineId: speaker?.machineId, error });
        socket.destroy();
      }
    });
    // Its close follows, and says all that matters here.
    socket.on("error", () => {});
    socket.on("close", () => {
      timers.clear(patience);
      this.sockets.delete(socket);
      if (speaker) this.gone(speaker.machineId, socket);
    });
  }

  private welcome(machineId: string, socket: Socket): void {
    const older = this.connected.get(machineId);
    this.connected.set(machineId, socket);
    older?.destroy();
    write(socket, { type: "welcome" });
    for (const letter of this.mailboxes.waiting(machineId)) write(socket, { type: "message", ...letter });
  }

  private hear(speaker: Speaker, socket: Socket, message: FromAgent): void {
    switch (message.type) {
      case "received":
        this.mailboxes.confirm(speaker.machineId, message.receipt);
        return;
      case "report":
        this.options.events.send([{ body: { ...speaker, report: message.report } }]).then(
          () => write(socket, { type: "accepted", id: message.id }),
          (error: unknown) => {
            // The agent sends it again on its next connection.
            this.options.log("error", "agent-link.report-not-taken", { machineId: speaker.machineId, error });
            socket.destroy();
          },
        );
        return;
      default:
        throw new Error("An agent said what an agent does not say.");
    }
  }

  private gone(machineId: string, socket: Socket): void {
    if (this.connected.get(machineId) !== socket) return;
    this.connected.delete(machineId);
    for (const listener of this.disconnectListeners) listener(machineId);
  }
}

function write(socket: Socket, message: ToAgent): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
