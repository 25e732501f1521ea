import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";

export interface AgentProgram {
  /** Path of the agent's program, and the flags that Node.js takes before it. */
  readonly agent: string;
  readonly flags: readonly string[];
  /** Path of the launcher's program, which the agent starts. */
  readonly launcher: string;
  readonly environment: NodeJS.ProcessEnv;
}

export interface StartedAgent {
  readonly identity: ProcessIdentity;
  /** The agent waits for this, and ends by itself when it never comes. */
  configure(line: string): Promise<void>;
  readonly exited: Promise<void>;
}

const LOOK_EVERY_MS = 20;

/** Starts an agent that outlives this process and writes to `logFile`. Rejects when it cannot be started. */
export async function startAgent(program: AgentProgram, folder: string, logFile: string): Promise<StartedAgent> {
  const log = await open(logFile, "a", 0o600);
  try {
    const child = spawn(process.execPath, [...program.flags, program.agent], {
      cwd: folder,
      env: program.environment,
      detached: true,
      windowsHide: true,
      stdio: ["pipe", log.fd, log.fd],
    });
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    await once(child, "spawn");
    child.unref();
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error("The agent ended as soon as it was started.");
    const { stdin } = child;
    // An agent that dies before it has read all shows by its exit.
    stdin?.on("error", () => {});
    const configure = (line: string) =>
      new Promise<void>((resolve) => {
        // However the pipe ends: by what was written, or by the agent's death.
        stdin?.once("close", resolve);
        stdin?.end(`${line}\n`);
      });
    return { identity, configure, exited };
  } finally {
    await log.close();
  }
}

/** Ends the process: asks it to, and after `graceMs` kills it and its group; at once where that is 0. Resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (graceMs > 0) signal(identity, "SIGTERM", identity.pid);
  const deadline = performance.now() + graceMs;
  while (isAlive(identity) && performance.now() < deadline) await pause();
  while (isAlive(identity)) {
    signal(identity, "SIGKILL", process.platform === "win32" ? identity.pid : -identity.pid);
    await pause();
  }
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals, target: number): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(target, name);
  } catch (error) {
    // It went in between.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
