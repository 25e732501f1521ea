import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { codeOf } from "./log.ts";

/** Ends a group at once, as Azure does. A group that is gone is no error. */
export function killGroup(pid: number): void {
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on("error", () => process.kill(pid));
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // macOS says EPERM of a group whose last members have ended and are not collected yet.
    if (!["ESRCH", "EPERM"].includes(codeOf(error) ?? "")) throw error;
  }
}

/** A process that forks while the others are looked at may leave a child that was not seen. */
const ROUNDS = 5;

/**
 * Ends every process of this node that was started for a task and has left its group (`setsid`), or whose launcher has died, known by the
 * environment; from outside, the launcher too. Linux only: elsewhere there is no way to ask. Answers how many.
 */
export function killLeftovers(root: string): number {
  return killMarked("AZ_BATCH_NODE_ROOT_DIR", root);
}

/** Ends what a command has left running that has ended itself: on Linux by the task directory in its environment, elsewhere what is left of its group. */
export function killLeftBehind(pid: number, taskDirectory: string): void {
  if (process.platform === "linux") killMarked("AZ_BATCH_TASK_DIR", taskDirectory);
  else killGroup(pid);
}

/** Every process in whose environment the name has this value. */
function killMarked(name: string, value: string): number {
  if (process.platform !== "linux") return 0;
  let killed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const more = killOnce(`${name}=${value}\0`);
    if (more === 0) break;
    killed += more;
  }
  return killed;
}

function killOnce(mark: string): number {
  let killed = 0;
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!`\0${readFileSync(`/proc/${entry}/environ`, "latin1")}`.includes(`\0${Buffer.from(mark).toString("latin1")}`)) continue;
      process.kill(pid, "SIGKILL");
      killed++;
    } catch (error) {
      // Other users' processes cannot be read, and one may end while it is looked at.
      if (!["EACCES", "EPERM", "ENOENT", "ESRCH"].includes(codeOf(error) ?? "")) throw error;
    }
  }
  return killed;
}
