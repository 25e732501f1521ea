/**
 * The launcher: a small process that starts commands for its agent, because forking gets slower as the parent grows. It lives as long as
 * its stdin is open. When that closes its agent is gone, and everything that it started ends with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { constants as os } from "node:os";
import { LineReader } from "../core/protocol/lines.ts";
import { ChildrenUsage, shareOf } from "./children-usage.ts";
import { type FromLauncher, MAX_LAUNCHER_LINE, type ToLauncher } from "./launcher-protocol.ts";
import { codeOf, messageOf } from "./log.ts";
import { killGroup, killLeftBehind, killLeftovers } from "./process-groups.ts";

const root = process.argv[2] ?? "";
const running = new Map<number, number>();
/** Of commands that lingered and have ended: their process ids, and their tasks' directories. */
const left = new Map<number, { readonly pid: number; readonly directory: string }>();
const FRESH = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

const usage = new ChildrenUsage();

/** Those that end in one turn are measured together. */
let exits: Omit<Extract<FromLauncher, { kind: "exited" }>, "usage">[] = [];
let answers = "";
function answer(message: FromLauncher): void {
  sendSoon();
  answers += `${JSON.stringify(message)}\n`;
}
function answerExit(exit: (typeof exits)[number]): void {
  sendSoon();
  exits.push(exit);
}
function sendSoon(): void {
  if (answers === "" && exits.length === 0) setImmediate(sendAnswers);
}
function sendAnswers(): void {
  const used = exits.length > 0 ? usage.sinceLast() : undefined;
  for (const [index, exit] of exits.entries())
    answers += `${JSON.stringify(used ? { ...exit, usage: shareOf(used, index, exits.length) } : exit)}\n`;
  const text = answers;
  exits = [];
  answers = "";
  process.stdout.write(text);
}

type StartedCommand = Extract<ToLauncher, { kind: "start" }>["command"];

function start(id: number, command: StartedCommand): void {
  const fds: number[] = [];
  try {
    fds.push(openSync(command.stdout, FRESH, 0o660));
    fds.push(openSync(command.stderr, FRESH, 0o660));
    const child = spawn(command.file, command.argv.slice(1), {
      argv0: command.argv[0] ?? command.file,
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ["ignore", ...fds],
      windowsHide: true,
    });
    child.once("error", (error) => failed(id, error));
    if (child.pid !== undefined) follow(id, child, child.pid, command);
  } catch (error) {
    failed(id, error);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function follow(id: number, child: ChildProcess, pid: number, { lingers, env }: StartedCommand): void {
  running.set(id, pid);
  answer({ kind: "started", id, pid });
  child.once("exit", (code, signal) => {
    running.delete(id);
    if (lingers) left.set(id, { pid, directory: env.AZ_BATCH_TASK_DIR ?? "" });
    // What the command left running in its group has no slot any more.
    else if (process.platform !== "win32") killGroup(pid);
    answerExit({ kind: "exited", id, exitCode: code ?? 128 + (signal === null ? 0 : os.signals[signal]) });
  });
}

function endLeft(id: number): void {
  const found = left.get(id);
  left.delete(id);
  if (found) killLeftBehind(found.pid, found.directory);
  answer({ kind: "left-ended", id });
}

function failed(id: number, error: unknown): void {
  // A kill that fails is an error of the child too; the process itself goes on.
  if (!running.has(id)) answer({ kind: "failed", id, code: codeOf(error) ?? "UNKNOWN", message: messageOf(error) });
}

function endAll(): never {
  for (const pid of running.values()) killGroup(pid);
  for (const { pid, directory } of left.values()) killLeftBehind(pid, directory);
  if (root !== "") killLeftovers(root);
  process.exit(0);
}

const lines = new LineReader(MAX_LAUNCHER_LINE);
process.stdin.on("data", (chunk: Buffer) => {
  for (const line of lines.push(chunk)) {
    const message = JSON.parse(line) as ToLauncher;
    if (message.kind === "start") start(message.id, message.command);
    else if (message.kind === "end-left") endLeft(message.id);
    else {
      const pid = running.get(message.id);
      if (pid !== undefined) killGroup(pid);
    }
  }
});
process.stdin.on("close", endAll);
process.stdin.on("error", endAll);
process.stdout.on("error", endAll);
process.stderr.on("error", () => {});
process.on("uncaughtException", (error) => {
  process.stderr.write(`launcher: ${error.stack ?? error.message}\n`);
  endAll();
});
// A Ctrl-C in a terminal reaches every process of it; the agent decides when this one ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
