import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Names a process beyond its number, which the system gives again: the number and when the process started. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** undefined when no such process runs (any more); one that has ended and waits for its parent does not run. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  const started = process.platform === "linux" ? startOnLinux(pid) : process.platform === "win32" ? "" : startByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether this very process runs, not another that has its number now. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return identify(pid)?.started === started;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The start in clock ticks since the boot, and which boot. */
function startOnLinux(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : `${fields[19]}@${bootId()}`;
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return boot;
}

function startByPs(pid: number): string | undefined {
  try {
    const [state, ...started] = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    return !state || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}
