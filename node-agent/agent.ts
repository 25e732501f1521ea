import type { TaskRef } from "../core/domain/refs.ts";
import type { Configure, ToNode } from "../core/protocol/messages.ts";
import type { AgentConfig } from "./config.ts";
import type { NodeDisk } from "./directories.ts";
import { nodeEnvironment } from "./environment.ts";
import { type Log, messageOf } from "./log.ts";
import { Outbox } from "./outbox.ts";
import type { Processes } from "./process.ts";
import type { Retention } from "./retention.ts";
import { StartTaskRun } from "./start-task.ts";
import { every, isoNow, type Time } from "./time.ts";
import type { Transport } from "./transport.ts";
import { Workload } from "./workload.ts";

export const AGENT_VERSION = "0.1.0";
/** Until it is configured, the agent bears this much silence. */
const LOST_BEFORE_CONFIGURED_S = 60;
const SILENCE_CHECK_MS = 1_000;

/** Why an agent is done. `lost`: it has not heard of the control plane for too long. */
export type AgentEnd = "left" | "refused" | "lost";
type Leave = Extract<ToNode, { kind: "leave" }>["how"];

/** What an agent is made of: everything that reaches beyond its own logic. */
export interface AgentParts {
  readonly transport: Transport;
  readonly processes: Processes;
  readonly disk: NodeDisk;
  /** `isRunning`: whether the task runs here, so that its directory must stay. */
  readonly retention: (isRunning: (task: TaskRef) => boolean) => Retention;
  readonly time: Time;
  readonly log: Log;
}

/**
 * A node's agent. Its life: it reports `joined`; `configure` comes; the start task runs; it reports `ready`; tasks come and go; `leave` comes;
 * when it holds nothing any more it reports `left` and is done.
 */
export class Agent {
  private readonly outbox: Outbox;
  private readonly retention: Retention;
  private readonly workload: Workload;
  private readonly timers: (() => void)[] = [];
  private configure: Configure | undefined;
  private startTask: StartTaskRun | undefined;
  private joined = false;
  private ready = false;
  private leaving = false;
  private left = false;
  private finish: (end: AgentEnd) => void = () => {};

  constructor(
    private readonly config: Pick<AgentConfig, "ipAddress">,
    private readonly parts: AgentParts,
  ) {
    const { transport, time, log } = parts;
    this.workload = new Workload(
      (event) => this.outbox.push(event),
      () => this.leaveWhenDone(),
      time,
      log,
    );
    this.outbox = new Outbox(transport, time, () => this.workload.load());
    this.retention = parts.retention((task) => this.workload.holdsTask(task));
  }

  /** Works until it is done. What still runs then is the caller's to end, with the processes. */
  async run(): Promise<AgentEnd> {
    const end = await new Promise<AgentEnd>((resolve) => {
      this.finish = resolve;
      this.parts.transport.start({
        onMessage: (message) => this.handle(message),
        onConnected: () => this.connected(),
        onRefused: (reason) => {
          this.parts.log("error", "refused", { reason });
          resolve("refused");
        },
      });
      this.every(SILENCE_CHECK_MS, () => this.checkSilence());
    });
    for (const cancel of this.timers) cancel();
    this.retention.close();
    this.parts.transport.close();
    return end;
  }

  /**
   * Takes no more tasks, deals with those that are here as `how` says, and is done. Told again, it obeys the newer word. Tasks are given back as
   * `leaving`, which is charged to the user whose wish it was, or as `restarted`, which is charged to nobody.
   */
  leave(how: Leave, because: "leaving" | "restarted" = "leaving"): void {
    this.leaving = true;
    this.workload.close(how === "terminate" ? "terminate" : because);
    if (how === "taskcompletion") this.workload.returnWaiting(because);
    else {
      this.startTask?.stop();
      this.workload.stopAll(how === "requeue" ? because : "terminate");
    }
    this.leaveWhenDone();
  }

  private connected(): void {
    if (this.joined) this.heartbeat();
    else this.outbox.push({ kind: "joined", at: isoNow(this.parts.time), held: [], agentVersion: AGENT_VERSION });
    this.joined = true;
  }

  private handle(message: ToNode): void {
    switch (message.kind) {
      case "configure":
        this.configureOnce(message);
        break;
      case "run":
        this.workload.arrive(message.lease, message.tasks);
        break;
      case "recall":
        this.workload.recall(message.attempts);
        break;
      case "stop":
        this.workload.stop(message, message.how);
        break;
      // What runs is not removed under its feet: such a message is late, from before the task came again.
      case "clean":
        if (!this.workload.holdsTask(message.task)) this.inBackground(this.parts.disk.removeTask(message.task));
        break;
      case "clean-job":
        if (!this.workload.holdsJob(message.job)) this.inBackground(this.parts.disk.removeJob(message.job));
        break;
      case "leave":
        this.leave(message.how);
        break;
    }
  }

  private configureOnce(message: Configure): void {
    if (this.configure !== undefined || this.leaving) return;
    this.configure = message;
    this.every(message.heartbeatSeconds * 1_000, () => this.heartbeat());
    const { disk, processes, time } = this.parts;
    const environment = nodeEnvironment(message, disk, this.config.ipAddress, process.env, process.platform);
    const world = { disk, processes, time, retention: this.retention, environment };
    const becomeReady = () => {
      if (this.ready || this.leaving) return;
      this.ready = true;
      this.workload.open(world, message.slots);
      this.outbox.push({ kind: "ready", at: isoNow(this.parts.time) });
    };
    const { startTask } = message;
    if (startTask !== undefined) {
      this.startTask = new StartTaskRun(startTask, world);
      const done = this.startTask.run((info) => this.outbox.push({ kind: "start-task", at: isoNow(this.parts.time), info }));
      void done.then((succeeded) => {
        this.startTask = undefined;
        if (succeeded) becomeReady();
        this.leaveWhenDone();
      });
    }
    if (!startTask?.waitForSuccess) becomeReady();
  }

  private heartbeat(): void {
    this.outbox.push({ kind: "heartbeat", at: isoNow(this.parts.time), held: this.workload.heldLeases() });
  }

  private checkSilence(): void {
    const limitMs = (this.configure?.lostAfterSeconds ?? LOST_BEFORE_CONFIGURED_S) * 1_000;
    const silentMs = this.parts.transport.silentMs();
    if (silentMs < limitMs) return;
    this.parts.log("error", "lost", { silentMs: Math.round(silentMs) });
    this.finish("lost");
  }

  private leaveWhenDone(): void {
    if (!this.leaving || this.left || this.workload.size > 0 || this.startTask !== undefined) return;
    this.left = true;
    this.outbox.push({ kind: "left", at: isoNow(this.parts.time) });
    void this.outbox.empty().then(() => this.finish("left"));
  }

  private inBackground(removal: Promise<void>): void {
    removal.catch((error: unknown) => this.parts.log("warn", "not-removed", { error: messageOf(error) }));
  }

  private every(ms: number, action: () => void): void {
    this.timers.push(every(this.parts.time, ms, action));
  }
}
