import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

const WAIT_MS = 10_000;
const LOOK_MS = 10;

/** Whether a process runs; one that has ended and is not collected yet does not. Linux. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Exit code of a child, when it has ended. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", resolve));
}

/** The process id of an agent's launcher. Linux. */
export function launcherOf(agent: ChildProcess): number {
  return Number(readFileSync(`/proc/${agent.pid}/task/${agent.pid}/children`, "utf8").trim().split(" ")[0]);
}

/** Resolves once `holds` does. */
export async function until(holds: () => boolean): Promise<void> {
  const last = performance.now() + WAIT_MS;
  while (!holds()) {
    if (performance.now() > last) throw new Error(`in vain: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
