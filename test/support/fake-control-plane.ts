import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LineReader } from "../../core/protocol/lines.ts";
import { type FromAgent, MAX_LINK_LINE, type ToAgent } from "../../core/protocol/link.ts";
import type { Configure, NodeEvent, NodeReport, TaskOrder, ToNode } from "../../core/protocol/messages.ts";
import { agentFlags } from "../../node-agent/heap-flags.ts";

const dist = (name: string) => fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
const WAIT_MS = 15_000;

export type EventOf<K extends NodeEvent["kind"]> = Extract<NodeEvent, { kind: K }>;

/** A real server that one agent process talks to, and whose script is the test. */
export class FakeControlPlane {
  readonly reports: NodeReport[] = [];
  readonly received: string[] = [];
  readonly agents: ChildProcess[] = [];
  /** Called with each report, before it is accepted; answer false to keep it unaccepted. */
  onReport: (report: NodeReport) => boolean = () => true;
  refuseWith: string | undefined;
  private readonly waiting = new Set<() => void>();
  private server: Server | undefined;
  private socket: Socket | undefined;
  private receipts = 0;

  private constructor(
    readonly folder: string,
    readonly path: string,
  ) {}

  static async start(): Promise<FakeControlPlane> {
    const folder = mkdtempSync(join(tmpdir(), "shoal-agent-"));
    const path = process.platform === "win32" ? `\\\\.\\pipe\\${folder.replaceAll(/[^a-z0-9]/gi, "-")}` : join(folder, "socket");
    const plane = new FakeControlPlane(folder, path);
    await plane.listen();
    return plane;
  }

  get root(): string {
    return join(this.folder, "node");
  }

  /** The start of the agent that reported last. */
  get boot(): number {
    return this.reports.at(-1)?.boot ?? 0;
  }

  get events(): NodeEvent[] {
    return this.reports.flatMap((report) => report.events);
  }

  of<K extends NodeEvent["kind"]>(kind: K): EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind);
  }

  listen(): Promise<void> {
    const server = createServer((socket) => this.serve(socket));
    this.server = server;
    return new Promise((resolve) => server.listen(this.path, resolve));
  }

  /** Breaks every connection and listens no more. */
  async down(): Promise<void> {
    this.socket?.destroy();
    const { server } = this;
    if (server?.listening) await new Promise((resolve) => server.close(resolve));
  }

  /** Breaks the connection; the agent may come back at once. */
  drop(): void {
    this.socket?.destroy();
  }

  launch(): ChildProcess {
    const agent = spawn(process.execPath, [...agentFlags, dist("agent")], { stdio: ["pipe", "ignore", "pipe"] });
    const { root } = this;
    const config = {
      machineId: "m1",
      secret: "s3cret",
      root,
      endpoint: { path: this.path },
      ipAddress: "127.0.0.9",
      launcher: dist("launcher"),
      logFile: join(this.folder, "agent.log"),
    };
    agent.stdin?.end(`${JSON.stringify(config)}\n`);
    agent.stderr?.resume();
    this.agents.push(agent);
    return agent;
  }

  /** An agent that has been configured and is ready. */
  async readyAgent(overrides: Partial<Configure> = {}): Promise<ChildProcess> {
    const agent = this.launch();
    await this.until(() => this.of("joined").length > 0);
    this.send(configure(overrides));
    await this.until(() => this.of("ready").length > 0);
    return agent;
  }

  send(body: ToNode, receipt = `r${++this.receipts}`): void {
    this.write({ type: "message", receipt, body });
  }

  /** Resolves once `holds` does; looked at after everything that the agent says. Rejects with `what` after a while. */
  until(holds: () => boolean, what = holds.toString()): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`in vain: ${what}; events: ${JSON.stringify(this.events.slice(-20))}`));
      }, WAIT_MS);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
    });
  }

  async finished(taskId: string, attempt = 1): Promise<EventOf<"task-finished">> {
    const find = () => this.of("task-finished").find((event) => event.task.taskId === taskId && event.attempt === attempt);
    await this.until(() => find() !== undefined, `task ${taskId} finished`);
    return find() as EventOf<"task-finished">;
  }

  async close(): Promise<void> {
    for (const agent of this.agents) {
      if (agent.exitCode !== null || agent.signalCode !== null) continue;
      const gone = new Promise((resolve) => agent.once("exit", resolve));
      agent.kill("SIGKILL");
      await gone;
    }
    await this.down();
    // Its launcher ends a moment after its agent, and may write until then.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  private serve(socket: Socket): void {
    this.socket = socket;
    const lines = new LineReader(MAX_LINK_LINE);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      for (const line of lines.push(chunk)) this.receive(JSON.parse(line) as FromAgent);
      for (const look of [...this.waiting]) look();
    });
  }

  private receive(message: FromAgent): void {
    if (message.type === "hello") {
      this.write(this.refuseWith === undefined ? { type: "welcome" } : { type: "refused", reason: this.refuseWith });
    } else if (message.type === "received") this.received.push(message.receipt);
    else if (this.onReport(message.report)) {
      this.reports.push(message.report);
      this.write({ type: "accepted", id: message.id });
    }
  }

  private write(message: ToAgent): void {
    this.socket?.write(`${JSON.stringify(message)}\n`);
  }
}

export function configure(overrides: Partial<Configure> = {}): Configure {
  return {
    kind: "configure",
    node: { poolId: "pool", nodeId: "tvm-1" },
    accountName: "shoal",
    accountUrl: "http://127.0.0.1:8470",
    slots: 2,
    dedicated: true,
    heartbeatSeconds: 30,
    idleHeartbeatSeconds: 0,
    lostAfterSeconds: 60,
    totals: { run: 0, succeeded: 0 },
    order: 0,
    drained: false,
    ...overrides,
  };
}

export function order(taskId: string, commandLine: string, overrides: Partial<TaskOrder> = {}): TaskOrder {
  return { task: { jobId: "job", uid: "u1", taskId }, attempt: 1, slots: 1, commandLine, ...overrides };
}
