import { nodeIdOf } from "../../core/domain/node-id.ts";
import type { DeallocationOption } from "../../core/domain/pool.ts";
import type { Machine } from "../../core/ports/fleet.ts";
import type { NodeEvent, NodeLoad, TaskEnd, TaskOrder, ToNode } from "../../core/protocol/messages.ts";
import type { Context } from "../../core/services/context.ts";
import { recordReports } from "../../core/services/reports/record-reports.ts";

function attemptOf({ task, attempt, multi }: TaskOrder) {
  return { task, attempt, ...(multi ? { member: { gang: multi.gang, instance: multi.instance } } : {}) };
}

/** What a node knows of the world that it is in. */
interface NodeWorld {
  readonly context: Context;
  iso(): string;
}

/** A node of the test world: it takes what it is told and ends tasks when the test says so. */
export class TestNode {
  /** The uids of jobs that it is prepared for, and of those that it cannot be prepared for. */
  readonly prepared: string[] = [];
  readonly unprepared: string[] = [];
  readonly running = new Map<string, { order: TaskOrder; lease: string }>();
  readonly heard: ToNode[] = [];
  private seq = 0;
  /** Grows with every start. */
  boot = 1;
  draining: DeallocationOption | undefined;
  private order = 0;
  private run = 0;
  private succeeded = 0;
  private lease: string | undefined;
  slots = 1;
  diskFull = false;
  joined = false;
  configured = false;

  constructor(
    private readonly world: NodeWorld,
    readonly poolId: string,
    readonly machine: Machine,
  ) {}

  get id(): string {
    return nodeIdOf(this.machine);
  }

  async hear(message: ToNode): Promise<void> {
    this.heard.push(message);
    if (message.kind === "configure") {
      this.slots = message.slots;
      this.configured = true;
      this.order = message.order;
      this.draining = message.drained ? "requeue" : undefined;
      ({ run: this.run, succeeded: this.succeeded } = message.totals);
      await this.report({ kind: "ready", at: this.world.iso() });
    } else if (message.kind === "run") {
      this.lease = message.lease;
      for (const order of message.tasks) this.running.set(order.task.taskId, { order, lease: message.lease });
    } else if (message.kind === "stop") {
      const held = this.running.get(message.task.taskId);
      if (!held || held.order.attempt !== message.attempt) return;
      if (message.how === "terminate") await this.end(message.task.taskId, { failure: { category: "usererror", code: "TaskEnded" } });
      else if (message.how !== "forget") await this.giveBack(message.task.taskId, message.how);
      else await this.drop(message.task.taskId, []);
    } else if (message.kind === "disband") {
      await this.disband(message);
    } else if (message.kind === "drain" || message.kind === "resume") {
      await this.obey(message);
    } else if (message.kind === "leave") {
      for (const taskId of [...this.running.keys()]) await this.giveBack(taskId, "leaving");
      await this.report({ kind: "left", at: this.world.iso() });
    }
  }

  private async disband({ task, attempt, member, lease }: Extract<ToNode, { kind: "disband" }>): Promise<void> {
    if (this.running.get(task.taskId)?.order.attempt === attempt) return this.end(task.taskId);
    const returned = { kind: "task-returned" as const, task, attempt, member, at: this.world.iso(), why: "restarted" as const };
    await this.report(returned, { kind: "lease-done", lease });
  }

  /** Its instance of a multi-instance task has coordinated. */
  async coordinate(taskId: string): Promise<void> {
    const order = this.running.get(taskId)?.order;
    if (!order?.multi) throw new Error(`no instance of ${taskId} runs on ${this.id}`);
    const { gang, instance } = order.multi;
    await this.report({ kind: "coordinated", task: order.task, attempt: order.attempt, member: { gang, instance } });
  }

  private async obey(message: Extract<ToNode, { kind: "drain" | "resume" }>): Promise<void> {
    if (!this.configured || message.order < this.order) return;
    this.order = message.order;
    this.draining = message.kind === "drain" ? message.how : undefined;
    if (message.kind === "resume") return this.beat();
    const failure = { category: "usererror", code: "TaskEnded" } as const;
    for (const taskId of [...this.running.keys()]) {
      if (message.how === "requeue") await this.giveBack(taskId, "requeue");
      else if (message.how === "terminate") await this.end(taskId, { failure });
    }
    await this.tellDrained();
  }

  async tellDrained(): Promise<void> {
    if (this.draining && this.running.size === 0) await this.report({ kind: "drained", at: this.world.iso(), order: this.order });
  }

  /** A new start of its agent: nothing runs, and it joins once more. */
  restart(): void {
    this.boot++;
    this.running.clear();
    this.lease = undefined;
    this.draining = undefined;
    this.joined = false;
    this.configured = false;
  }

  async beat(): Promise<void> {
    const { slotsInUse, busy } = this.load();
    const facts = { running: busy, slots: slotsInUse, run: this.run, succeeded: this.succeeded, recent: [] };
    await this.report({
      kind: "heartbeat",
      at: this.world.iso(),
      held: this.held(),
      facts,
      draining: this.draining !== undefined,
      ...(this.diskFull ? { diskFull: true } : {}),
    });
  }

  async end(taskId: string, end: Partial<TaskEnd> = { exitCode: 0 }): Promise<void> {
    const order = this.running.get(taskId)?.order;
    if (!order) throw new Error(`${taskId} does not run on ${this.id}`);
    this.run++;
    if (end.exitCode === 0) this.succeeded++;
    const full = { startTime: this.world.iso(), endTime: this.world.iso(), ...end };
    await this.drop(taskId, [{ kind: "task-finished", ...attemptOf(order), end: full }]);
  }

  async giveBack(taskId: string, why: "requeue" | "restarted" | "preparation-failed" | "leaving" | "no-slot"): Promise<void> {
    const order = this.running.get(taskId)?.order;
    if (order) await this.drop(taskId, [{ kind: "task-returned", ...attemptOf(order), at: this.world.iso(), why }]);
  }

  private async drop(taskId: string, events: NodeEvent[]): Promise<void> {
    const lease = this.running.get(taskId)?.lease;
    this.running.delete(taskId);
    const done = lease !== undefined && ![...this.running.values()].some((held) => held.lease === lease);
    await this.report(...events, ...(done ? [{ kind: "lease-done" as const, lease }] : []));
    await this.tellDrained();
  }

  load(): NodeLoad {
    const slotsInUse = [...this.running.values()].reduce((sum, { order }) => sum + order.slots, 0);
    return {
      want: this.draining || this.diskFull ? 0 : this.slots - slotsInUse,
      busy: this.running.size,
      slotsInUse,
      ...(this.lease ? { lease: this.lease } : {}),
      prepared: this.prepared,
      unprepared: this.unprepared,
    };
  }

  async report(...events: NodeEvent[]): Promise<void> {
    const { machineId, dedicated } = this.machine;
    const report = { boot: this.boot, seq: ++this.seq, events, load: this.load() };
    await recordReports(this.world.context, [{ machineId, poolId: this.poolId, dedicated, report }]);
  }

  held(): string[] {
    return [...new Set([...this.running.values()].map(({ lease }) => lease))];
  }
}
