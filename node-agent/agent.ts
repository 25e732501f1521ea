import type { DeallocationOption } from "../core/domain/pool.ts";
import type { TaskRef } from "../core/domain/refs.ts";
import type { StartTask } from "../core/domain/specs.ts";
import type { Configure, NodeEvent, StartTaskReport, ToNode } from "../core/protocol/messages.ts";
import type { AgentConfig } from "./config.ts";
import type { NodeDisk } from "./directories.ts";
import { DiskWatch } from "./disk-watch.ts";
import { nodeEnvironment } from "./environment.ts";
import { fetchImages } from "./fetch-images.ts";
import { JobCommands } from "./job-commands.ts";
import type { JobRecords } from "./job-records.ts";
import { type Log, messageOf } from "./log.ts";
import { Outbox } from "./outbox.ts";
import type { Processes } from "./process.ts";
import type { Retention } from "./retention.ts";
import { StartTaskRun, type StartTaskWorld } from "./start-task.ts";
import { every, isoNow, type Time } from "./time.ts";
import type { Transport } from "./transport.ts";
import { Workload } from "./workload.ts";

export const AGENT_VERSION = "0.1.0";
/** Until it is configured, the agent bears this much silence. */
const LOST_BEFORE_CONFIGURED_S = 60;
const LOOK_MS = 1_000;
const DISK_LOOK_MS = 2_000;

/** Why an agent is done. `lost`: it has not heard of the control plane for too long. */
export type AgentEnd = "left" | "refused" | "lost";

/** What an agent is made of: everything that reaches beyond its own logic. */
export interface AgentParts {
  readonly transport: Transport;
  readonly processes: Processes;
  readonly disk: NodeDisk;
  /** `isRunning`: whether the task runs here, so that its directory must stay. */
  readonly retention: (isRunning: (task: TaskRef) => boolean) => Retention;
  readonly jobRecords: JobRecords;
  /** Puts the agent's log into a container. */
  readonly uploadLog: (containerUrl: string, name: string) => Promise<void>;
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
  private readonly jobs: JobCommands;
  private readonly workload: Workload;
  private readonly diskWatch: DiskWatch;
  private readonly timers: (() => void)[] = [];
  private configure: Configure | undefined;
  private startTask: StartTaskRun | undefined;
  private joined = false;
  private ready = false;
  private leaving: DeallocationOption | undefined;
  private left = false;
  /** The last word about taking tasks, and the drain that it asked for. */
  private order = 0;
  private draining: DeallocationOption | undefined;
  private lastStartTask: StartTaskReport | undefined;
  private drainedTold = -1;
  private busy = false;
  private told = { busy: false, version: 0 };
  private toldAt = Number.NEGATIVE_INFINITY;
  private finish: (end: AgentEnd) => void = () => {};

  constructor(
    private readonly config: Pick<AgentConfig, "ipAddress">,
    private readonly parts: AgentParts,
  ) {
    const { transport, time, log } = parts;
    const report = (event: NodeEvent) => this.outbox.push(event);
    this.jobs = new JobCommands(report, (job) => this.workload.holdsJob(job), parts.jobRecords, time);
    this.workload = new Workload(report, () => this.whenIdle(), this.jobs, time, log);
    this.outbox = new Outbox(transport, time, () => this.workload.load());
    this.diskWatch = new DiskWatch(() => parts.disk.freeBytes());
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
      this.every(LOOK_MS, () => {
        this.checkSilence();
        // Data whose retention is over is nothing that would call.
        this.whenIdle();
        this.tellOfBusyness();
      });
      this.every(DISK_LOOK_MS, () => this.inBackground(this.watchDisk()));
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
  leave(how: DeallocationOption, because: "leaving" | "restarted" = "leaving"): void {
    this.leaving = how;
    this.workload.close(how === "terminate" ? "terminate" : because);
    if (how === "taskcompletion" || how === "retaineddata") this.workload.returnWaiting(because);
    else {
      this.startTask?.stop();
      this.jobs.stopReleases();
      this.workload.stopAll(how === "requeue" ? because : "terminate");
    }
    this.leaveWhenDone();
  }

  /** Takes no more tasks. Those that come all the same were sent before this was known: they go back at nobody's cost. */
  private drain(how: DeallocationOption): void {
    if (this.leaving !== undefined) return;
    this.draining = how;
    this.drainedTold = -1;
    this.workload.close("restarted");
    if (how === "taskcompletion" || how === "retaineddata") this.workload.returnWaiting("restarted");
    else this.workload.stopAll(how);
    this.tellDrained();
  }

  private resume(): void {
    this.draining = undefined;
    this.takeTasks();
  }

  private takeTasks(): void {
    if (!this.ready || this.leaving !== undefined || this.draining !== undefined) return;
    if (!this.diskWatch.full) this.workload.reopen();
    this.heartbeat();
  }

  /** What would fill a full disk further goes elsewhere; what runs may run on, and free some. */
  private async watchDisk(): Promise<void> {
    if (!(await this.diskWatch.look())) return;
    const { full } = this.diskWatch;
    this.parts.log("warn", full ? "disk-full" : "disk-has-room", {});
    if (!full) return this.takeTasks();
    if (!this.ready || this.leaving !== undefined) return;
    this.workload.close("restarted");
    this.workload.returnWaiting("restarted");
    this.heartbeat();
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
        this.jobs.learn(message.preparations ?? []);
        this.workload.arrive(message.lease, message.tasks, message.boot !== this.outbox.boot);
        break;
      case "recall":
        this.workload.recall(message.attempts);
        break;
      case "stop":
        this.workload.stop(message, message.how);
        break;
      case "begin":
        this.workload.begin(message);
        break;
      case "disband":
        this.workload.disband(message);
        break;
      case "release":
        this.jobs.release(message);
        break;
      // What runs is not removed under its feet: such a message is late, from before the task came again.
      case "clean":
        if (!this.workload.holdsTask(message.task)) this.inBackground(this.parts.disk.removeTask(message.task));
        break;
      case "clean-job":
        if (!this.workload.holdsJob(message.job))
          this.inBackground(this.jobs.forget(message.job).then(() => this.parts.disk.removeJob(message.job)));
        break;
      case "drain":
      case "resume":
        this.obey(message);
        break;
      case "leave":
        this.leave(message.how);
        break;
      case "upload-log":
        this.inBackground(this.parts.uploadLog(message.containerUrl, message.name));
        break;
    }
  }

  /** Before it is configured a node holds nothing; its configuration tells what was said by then. A word that comes again is answered again. */
  private obey(message: Extract<ToNode, { kind: "drain" | "resume" }>): void {
    if (this.configure === undefined || message.order < this.order) return;
    this.order = message.order;
    if (message.kind === "drain") this.drain(message.how);
    else this.resume();
  }

  private configureOnce(message: Configure): void {
    if (this.leaving !== undefined) return;
    if (this.configure !== undefined) {
      this.tellAgain();
      return;
    }
    this.configure = message;
    this.order = message.order;
    if (message.drained) this.draining = "requeue";
    this.workload.history.continueFrom(message.totals);
    this.every(message.heartbeatSeconds * 1_000, () => {
      if (
        this.hasNews() ||
        this.parts.time.elapsed() - this.toldAt >= (message.idleHeartbeatSeconds - message.heartbeatSeconds / 2) * 1_000
      )
        this.heartbeat();
    });
    const { disk, processes, time, log } = this.parts;
    const environment = nodeEnvironment(message, disk, this.config.ipAddress, process.env, process.platform);
    const { startTask, containers } = message;
    const registries = containers?.containerRegistries ?? [];
    const world = { disk, processes, time, retention: this.retention, environment, registries };
    const becomeReady = () => {
      if (this.ready || this.leaving !== undefined) return;
      this.ready = true;
      this.workload.open(world, message.slots);
      this.jobs.open(world);
      if (this.diskWatch.full) this.workload.close("restarted");
      if (this.draining !== undefined) this.drain(this.draining);
      this.outbox.push({ kind: "ready", at: isoNow(this.parts.time) });
    };
    const begin = () => {
      if (this.leaving === undefined) this.begin(startTask, world, becomeReady);
    };
    // A disk that is full from the start is known to be so before any task comes.
    const looked = this.watchDisk();
    this.inBackground(looked);
    void Promise.allSettled([looked, containers && fetchImages(containers, world, log)]).then(begin);
  }

  /** The start task, where there is one, and when it need not be waited for, or is over, tasks. */
  private begin(startTask: StartTask | undefined, world: StartTaskWorld, becomeReady: () => void): void {
    if (startTask !== undefined) {
      this.startTask = new StartTaskRun(startTask, world);
      const done = this.startTask.run((info) => {
        this.lastStartTask = info;
        this.outbox.push({ kind: "start-task", at: isoNow(this.parts.time), info });
      });
      void done.then((succeeded) => {
        this.startTask = undefined;
        if (succeeded) becomeReady();
        this.leaveWhenDone();
      });
    }
    if (!startTask?.waitForSuccess) becomeReady();
  }

  /** Configured again: what was told before may have been heard before the control plane knew of this start of the agent. */
  private tellAgain(): void {
    const at = isoNow(this.parts.time);
    if (this.lastStartTask !== undefined) this.outbox.push({ kind: "start-task", at, info: this.lastStartTask });
    if (this.ready) this.outbox.push({ kind: "ready", at });
  }

  private heartbeat(): void {
    this.told = { busy: this.workload.size > 0, version: this.workload.history.version };
    this.toldAt = this.parts.time.elapsed();
    const held = this.workload.heldLeases();
    this.outbox.push({
      kind: "heartbeat",
      at: isoNow(this.parts.time),
      held,
      facts: this.workload.facts(),
      draining: this.draining !== undefined,
      ...(this.diskWatch.full && { diskFull: true }),
    });
  }

  private get takesNone(): boolean {
    return this.draining !== undefined || this.diskWatch.full;
  }

  /** Whether there is more to tell than that the node is still there. */
  private hasNews(): boolean {
    return this.workload.size > 0 || this.told.busy || this.told.version !== this.workload.history.version || this.takesNone;
  }

  /** Between two heartbeats only that is told which lasts: tasks that come and go are not worth a word each. */
  private tellOfBusyness(): void {
    const busy = this.workload.size > 0;
    const lasts = busy === this.busy;
    this.busy = busy;
    const news = busy ? !this.told.busy : this.told.version !== this.workload.history.version;
    if (this.ready && lasts && news && this.leaving === undefined) this.heartbeat();
  }

  private checkSilence(): void {
    const { lostAfterSeconds = LOST_BEFORE_CONFIGURED_S, idleHeartbeatSeconds = 0 } = this.configure ?? {};
    // Idle, it has nothing that would be given to others, and is answered only as often as it speaks.
    const limitMs = (lostAfterSeconds + (this.workload.size === 0 ? idleHeartbeatSeconds : 0)) * 1_000;
    const silentMs = this.parts.transport.silentMs();
    if (silentMs < limitMs) return;
    this.parts.log("error", "lost", { silentMs: Math.round(silentMs) });
    this.finish("lost");
  }

  private whenIdle(): void {
    this.tellDrained();
    this.leaveWhenDone();
  }

  private tellDrained(): void {
    const how = this.draining;
    if (how === undefined || this.drainedTold === this.order || this.workload.size > 0) return;
    if (how === "retaineddata" && this.retention.keepsAny) return;
    this.drainedTold = this.order;
    this.outbox.push({ kind: "drained", at: isoNow(this.parts.time), order: this.order });
  }

  private leaveWhenDone(): void {
    if (this.leaving === undefined || this.left || this.workload.size > 0 || this.startTask !== undefined || this.jobs.isReleasing) return;
    if (this.leaving === "retaineddata" && this.retention.keepsAny) return;
    this.left = true;
    this.outbox.push({ kind: "left", at: isoNow(this.parts.time) });
    void this.outbox.empty().then(() => this.finish("left"));
  }

  private inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.parts.log("warn", "not-done", { error: messageOf(error) }));
  }

  private every(ms: number, action: () => void): void {
    this.timers.push(every(this.parts.time, ms, action));
  }
}
