import type { Machine } from "../../core/ports/fleet.ts";
import type { NodeEnvelope, NodeReport, TaskOrder, ToNode } from "../../core/protocol/messages.ts";
import { Agent } from "../../node-agent/agent.ts";
import type { TaskDirectories } from "../../node-agent/directories.ts";
import type { ProcessEnd, RunningProcess } from "../../node-agent/process.ts";
import type { Time } from "../../node-agent/time.ts";
import type { Transport, TransportHandlers } from "../../node-agent/transport.ts";
import { MemoryJobRecords } from "../support/memory-job-records.ts";
import type { HostWorld } from "./host.ts";
import { MachineRules, type SimStartTask } from "./machine-rules.ts";

/** What a command line of the simulation says: how long, and with which exit code for which try. */
export interface SimProgram {
  /** Names the task, so that what runs can be watched. */
  readonly task: string;
  readonly slots: number;
  /** Needs its machine to itself. */
  readonly exclusive?: boolean;
  readonly milliseconds: number;
  /** The exit codes of its runs, one after the other; the last goes on. */
  readonly exitCodes: readonly number[];
  /** One of the two commands of a task of several instances; `attempt` is the machine's own addition. */
  readonly gang?: { readonly of: number; readonly part: "coordination" | "primary" };
  readonly attempt?: number;
  /** It is no task, but its pool's start task. */
  readonly start?: SimStartTask;
  /** It is no task, but what its job runs beside its tasks; `failsOn`: on how many of the nodes it fails, from 0 to 1. */
  readonly kind?: "preparation" | "release";
  readonly job?: string;
  readonly failsOn?: number;
}

/** Told of every process, so that the whole can be watched for two of one task. */
export interface ProcessWatch {
  started(machineId: string, program: SimProgram): { exitCode: number };
  /** `exitCode` is absent when it was killed. */
  ended(machineId: string, program: SimProgram, exitCode?: number): void;
  /** What a coordination command has left running has ended. */
  left(machineId: string, program: SimProgram): void;
  /** The machine's agent starts. */
  booted(machineId: string): void;
  /** All that was on the machine's disk is gone. */
  emptied(machineId: string): void;
  /** What the check throws ends the run. */
  guard(check: () => void): void;
}

const KILL_MS = 5;
const KILLED = 137;
const ROOMY = 2 ** 40;

/**
 * A machine: the real agent on simulated time, processes and disk, between a queue of its own and the event queue. It may die, stand still for a while
 * (then all that it does is late), or have its agent's program start anew.
 */
export class SimMachine {
  private alive = true;
  private hungUntil = 0;
  private generation = 0;
  private handlers: TransportHandlers | undefined;
  private running = new Map<object, { program: SimProgram; end: (end: ProcessEnd) => void }>();
  /** What coordination commands have left running. */
  private lingering = new Map<object, SimProgram>();
  /** The last attempt that was ordered of each task of several instances. */
  private readonly attempts = new Map<string, number>();
  private heardAt: number;
  private readonly rules: MachineRules;
  private freeBytes = ROOMY;
  private fills = 0;
  private readonly waiting: ToNode[] = [];
  /** On its disk: what its agents did for jobs. */
  readonly jobRecords = new MemoryJobRecords();
  /** Its clock differs from the others by so much. */
  private readonly skewMs: number;

  constructor(
    readonly machine: Machine,
    readonly poolId: string,
    private readonly world: HostWorld,
    private readonly sendReport: (envelope: NodeEnvelope) => void,
    private readonly watch: ProcessWatch,
    private readonly onExit: () => void,
  ) {
    this.skewMs = world.random.int(-30_000, 30_000);
    this.heardAt = world.loop.now();
    this.rules = new MachineRules(machine.machineId, () => world.loop.now());
  }

  get isAlive(): boolean {
    return this.alive;
  }

  boot(): void {
    const generation = ++this.generation;
    const { loop, trace } = this.world;
    this.heardAt = loop.now();
    this.rules.booted();
    this.watch.booted(this.machine.machineId);
    const agent = new Agent(
      { ipAddress: this.machine.ipAddress },
      {
        transport: this.transport(generation),
        processes: { start: (command) => this.start(generation, JSON.parse(command.argv[0] ?? "{}")) },
        disk: { ...memoryDisk, freeBytes: async () => this.freeBytes },
        retention: () => ({ keep: () => {}, keepsAny: false, close: () => {} }),
        jobRecords: this.jobRecords,
        uploadLog: async () => {},
        time: this.time(generation),
        log: () => {},
      },
    );
    trace.say(this.machine.machineId, "agent starts");
    void agent.run().then((end) => {
      if (generation !== this.generation || !this.alive) return;
      trace.say(this.machine.machineId, `agent ended: ${end}`);
      this.die("its agent ended");
    });
  }

  /** A message from its queue. */
  deliver(message: ToNode): void {
    if (!this.alive) return;
    if (!this.handlers) {
      this.waiting.push(message);
      return;
    }
    this.whenAwake(this.generation, () => {
      this.heardAt = this.world.loop.now();
      if (message.kind === "run") this.noteAttempts(message.tasks);
      this.handlers?.onMessage(message);
    });
  }

  private noteAttempts(orders: readonly TaskOrder[]): void {
    for (const { task, attempt, multi } of orders) {
      const name = `${task.uid}/${task.taskId}`;
      if (multi) this.attempts.set(name, Math.max(attempt, this.attempts.get(name) ?? 0));
    }
  }

  /** The machine is gone, and all that runs on it. */
  die(why: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.world.trace.say(this.machine.machineId, `DIES: ${why}`);
    this.endProcesses();
    this.onExit();
  }

  hang(milliseconds: number): void {
    if (!this.alive) return;
    this.world.trace.say(this.machine.machineId, `STANDS STILL for ${(milliseconds / 1000).toFixed(0)} s`);
    this.hungUntil = Math.max(this.hungUntil, this.world.loop.now() + milliseconds);
  }

  /** Its disk is full, and has room again later. */
  fillDisk(milliseconds: number): void {
    if (!this.alive) return;
    const { loop, trace } = this.world;
    trace.say(this.machine.machineId, `DISK FULL for ${(milliseconds / 1000).toFixed(0)} s`);
    this.freeBytes = 0;
    this.rules.diskFills();
    const fill = ++this.fills;
    loop.after(milliseconds, () => {
      if (fill !== this.fills) return;
      this.freeBytes = ROOMY;
      this.rules.diskHasRoom();
    });
  }

  restartAgent(): void {
    if (!this.alive || !this.handlers) return;
    this.world.trace.say(this.machine.machineId, "AGENT DIES");
    this.handlers = undefined;
    this.endProcesses();
    const generation = ++this.generation;
    this.world.loop.after(500, () => generation === this.generation && this.alive && this.boot());
  }

  /** Ends all that runs on it; it stays. */
  stop(): void {
    if (!this.alive) return;
    this.world.trace.say(this.machine.machineId, "STOPS");
    this.generation++;
    this.handlers = undefined;
    this.endProcesses();
  }

  emptyDisk(): void {
    this.jobRecords.clear();
    this.watch.emptied(this.machine.machineId);
  }

  get hasAgent(): boolean {
    return this.handlers !== undefined;
  }

  private endProcesses(): void {
    for (const { program } of this.running.values()) if (!program.start) this.watch.ended(this.machine.machineId, program);
    this.running = new Map();
    for (const program of this.lingering.values()) this.watch.left(this.machine.machineId, program);
    this.lingering = new Map();
  }

  /** Runs now, or when the machine goes on; never on a dead one, nor for an agent that was replaced. */
  private whenAwake(generation: number, run: () => void): void {
    if (!this.alive || generation !== this.generation) return;
    const wait = this.hungUntil - this.world.loop.now();
    if (wait > 0) this.world.loop.after(wait, () => this.whenAwake(generation, run));
    else run();
  }

  private time(generation: number): Time {
    const { loop } = this.world;
    return {
      now: () => loop.now() + this.skewMs,
      elapsed: () => loop.now(),
      after: (milliseconds, callback) => loop.after(milliseconds, () => this.whenAwake(generation, callback)),
      soon: (callback) => void loop.after(0, () => this.whenAwake(generation, callback)),
    };
  }

  private transport(generation: number): Transport {
    const { loop, random } = this.world;
    return {
      start: (handlers) => {
        this.handlers = handlers;
        loop.after(random.logarithmic(5, 200), () =>
          this.whenAwake(generation, () => {
            handlers.onConnected();
            for (const message of this.waiting.splice(0)) this.deliver(message);
          }),
        );
      },
      deliver: (report) =>
        new Promise((resolve) => {
          loop.after(random.logarithmic(1, 30), () =>
            this.whenAwake(generation, () => {
              this.sendReport(this.envelope(report));
              loop.after(random.logarithmic(1, 30), () =>
                this.whenAwake(generation, () => {
                  this.heardAt = loop.now();
                  resolve();
                }),
              );
            }),
          );
        }),
      silentMs: () => loop.now() - this.heardAt,
      close: () => {},
    };
  }

  private envelope(report: NodeReport): NodeEnvelope {
    const { machineId, dedicated } = this.machine;
    return { machineId, poolId: this.poolId, dedicated, report };
  }

  private begin(program: SimProgram): number {
    const { machineId } = this.machine;
    let exitCode = 0;
    const { start } = program;
    if (start) {
      this.world.trace.say(machineId, "runs its start task");
      this.watch.guard(() => {
        exitCode = this.rules.startTaskBegins(start, program.exitCodes);
      });
      return exitCode;
    }
    // The own command of a task of several instances is its second: the task began before.
    if (program.kind === undefined && program.gang?.part !== "primary")
      this.watch.guard(() => this.rules.taskBegins(program.task, this.hungUntil));
    return this.watch.started(machineId, program).exitCode;
  }

  private start(generation: number, given: SimProgram): RunningProcess {
    const program = given.gang ? { ...given, attempt: this.attempts.get(given.task) ?? 0 } : given;
    const exitCode = this.begin(program);
    const token = {};
    const ended = new Promise<ProcessEnd>((end) => this.running.set(token, { program, end }));
    const finish = (ownCode?: number) => {
      const entry = this.running.get(token);
      if (!entry) return;
      this.running.delete(token);
      if (!program.start) this.watch.ended(this.machine.machineId, program, ownCode);
      else if (ownCode === 0) this.rules.startTaskSucceeded();
      if (program.gang?.part === "coordination" && ownCode === 0) this.lingering.set(token, program);
      // Any numbers will do that tell one run from another.
      const usage = { userMs: program.milliseconds, kernelMs: 10, readBytes: 0, writeBytes: 4096 };
      entry.end({ kind: "exited", exitCode: ownCode ?? KILLED, usage });
    };
    this.world.loop.after(program.milliseconds, () => this.whenAwake(generation, () => finish(exitCode)));
    return { ended, kill: () => void this.world.loop.after(KILL_MS, () => finish()), endLeft: () => this.endLeft(token) };
  }

  private endLeft(token: object): Promise<void> {
    return new Promise((resolve) => {
      this.world.loop.after(KILL_MS, () => {
        const program = this.lingering.get(token);
        if (program) this.watch.left(this.machine.machineId, program);
        this.lingering.delete(token);
        resolve();
      });
    });
  }
}

const here: TaskDirectories = { directory: "/d", working: "/d/wd", stdout: "/d/out", stderr: "/d/err" };
/** Tasks of the simulation leave nothing behind. */
export const memoryDisk = {
  root: "/",
  shared: "/shared",
  startup: "/startup",
  mounts: "/mounts",
  ofTask: () => here,
  prepareTask: () => here,
  prepareStartTask: () => here,
  removeTask: async () => {},
  removeJob: async () => {},
  freeBytes: async () => 2 ** 40,
  findProgram: (name: string) => name,
};
