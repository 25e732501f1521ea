import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { CommandUsage } from "../core/domain/task-measures.ts";
import { LineReader } from "../core/protocol/lines.ts";
import { launcherFlags } from "./heap-flags.ts";
import { type Command, type FromLauncher, MAX_LAUNCHER_LINE, type ToLauncher } from "./launcher-protocol.ts";
import { type Log, messageOf } from "./log.ts";
import { killGroup, killLeftovers } from "./process-groups.ts";

/** How a process ended. `lost`: its launcher died, and it was killed. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly exitCode: number; readonly usage?: CommandUsage }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "lost" };

export interface RunningProcess {
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Ends the whole group at once. */
  kill(): void;
  /** Of a command that lingers, when it has ended: ends what it left running, and resolves when that is gone. Never rejects. */
  endLeft?(): Promise<void>;
}

/** Whose processes commands are, on systems that know users by numbers. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

/** What a task needs to run commands. */
export interface Processes {
  start(command: Command): RunningProcess;
}

interface Entry {
  pid?: number;
  readonly settle: (end: ProcessEnd) => void;
}
type LauncherProcess = ChildProcessByStdio<Writable, Readable, null>;

const FIRST_RESTART_MS = 50;
const LAST_RESTART_MS = 5_000;
const CLOSE_MS = 3_000;

/**
 * Runs commands through a launcher process. A launcher that dies takes its processes with it: they are killed, their ends are `lost`, and
 * another launcher is started. Commands given in between wait for it.
 */
export class Launcher implements Processes {
  private child: LauncherProcess | undefined;
  private readonly entries = new Map<number, Entry>();
  private readonly leaving = new Map<number, () => void>();
  private unsent = "";
  private lastId = 0;
  private restartMs = FIRST_RESTART_MS;
  private closing: (() => void) | undefined;

  constructor(
    private readonly program: string,
    private readonly root: string,
    private readonly log: Log,
    private readonly user?: ProcessUser,
  ) {
    this.launch();
  }

  start(command: Command): RunningProcess {
    const id = ++this.lastId;
    const ended = new Promise<ProcessEnd>((settle) => this.entries.set(id, { settle }));
    this.send({ kind: "start", id, command });
    return { ended, kill: () => this.entries.has(id) && this.send({ kind: "kill", id }), endLeft: () => this.endLeft(id) };
  }

  private endLeft(id: number): Promise<void> {
    return new Promise((resolve) => {
      this.leaving.set(id, resolve);
      this.send({ kind: "end-left", id });
    });
  }

  /** The launcher's own process id, while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Ends every process; resolves when all are gone. */
  async close(): Promise<void> {
    const child = this.child;
    if (child === undefined || this.closing !== undefined) return;
    await new Promise<void>((resolve) => {
      const impatience = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
      this.closing = () => {
        clearTimeout(impatience);
        resolve();
      };
      child.stdin.end();
    });
  }

  private launch(): void {
    // Nothing of the agent's environment but what the runtime needs, and the mark by which it is found when it outlives the agent. A task
    // inherits none of it in any case.
    const env = { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, AZ_BATCH_NODE_ROOT_DIR: this.root };
    const child = spawn(process.execPath, [...launcherFlags, this.program, this.root], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
      env,
      windowsHide: true,
      ...this.user,
    });
    this.child = child;
    const lines = new LineReader(MAX_LAUNCHER_LINE);
    child.stdout.on("data", (chunk: Buffer) => {
      for (const line of lines.push(chunk)) this.receive(JSON.parse(line) as FromLauncher);
    });
    let gone = false;
    const onGone = (why: string) => {
      if (gone) return;
      gone = true;
      this.lost(why);
    };
    child.stdin.on("error", (error) => this.log("warn", "launcher-pipe", { error: messageOf(error) }));
    child.once("error", (error) => onGone(messageOf(error)));
    // Not `exit`: what it said last is still in the pipe then.
    child.once("close", (code, signal) => onGone(`exit ${code ?? signal}`));
    this.flush();
  }

  private receive(message: FromLauncher): void {
    this.restartMs = FIRST_RESTART_MS;
    if (message.kind === "left-ended") {
      this.leaving.get(message.id)?.();
      this.leaving.delete(message.id);
      return;
    }
    const entry = this.entries.get(message.id);
    if (entry === undefined) return;
    if (message.kind === "started") entry.pid = message.pid;
    else {
      this.entries.delete(message.id);
      entry.settle(message);
    }
  }

  private lost(why: string): void {
    this.child = undefined;
    const entries = [...this.entries.values()];
    this.entries.clear();
    this.unsent = "";
    for (const entry of entries) if (entry.pid !== undefined) killGroup(entry.pid);
    killLeftovers(this.root);
    if (this.closing === undefined) {
      this.log("error", "launcher-died", { why, processes: entries.length });
      setTimeout(() => this.launch(), this.restartMs);
      this.restartMs = Math.min(this.restartMs * 2, LAST_RESTART_MS);
    }
    for (const entry of entries) entry.settle({ kind: "lost" });
    for (const resolve of this.leaving.values()) resolve();
    this.leaving.clear();
    this.closing?.();
  }

  private send(message: ToLauncher): void {
    if (this.unsent === "") setImmediate(() => this.flush());
    this.unsent += `${JSON.stringify(message)}\n`;
  }

  private flush(): void {
    if (this.child === undefined || this.unsent === "") return;
    this.child.stdin.write(this.unsent);
    this.unsent = "";
  }
}
