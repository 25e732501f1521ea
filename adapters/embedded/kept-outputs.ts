import { existsSync, statSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JobRef, TaskRef } from "../../core/domain/refs.ts";
import { jobDirectory, taskPath } from "../../core/domain/work-directory.ts";
import { isMissing } from "./confined-path.ts";

const OUTPUTS: ReadonlySet<string> = new Set(["stdout.txt", "stderr.txt"]);
/** Of a start: also what the agent itself had to say. */
const START_OUTPUTS: ReadonlySet<string> = new Set([...OUTPUTS, "agent.log"]);
const START = "startup";
const HOUR_MS = 3_600_000;
const START_KEPT_MS = 7 * 24 * HOUR_MS;
const DUE = ".due";
const TASKS_AT_ONCE = 8;

type Note = (TaskRef & { readonly endedAt: number }) | { readonly start: true };

/**
 * What outlives a machine: stdout.txt and stderr.txt of the tasks that ran on it, at the paths that they had below its root. They go with
 * their task or job, or when the retention is over that the machine's agent had noted. What its start task wrote is kept for a week, with the
 * agent's log: it may be why the machine is gone.
 *
 * The folder holds a folder a machine, and in `.due` the agents' notes: files named after the time at which the tasks in them are over.
 */
export class KeptOutputs {
  constructor(private readonly folder: string) {}

  /** The root below which a machine's outputs are; undefined where nothing is kept of it. */
  rootOf(machineId: string): string | undefined {
    const root = join(this.folder, machineId);
    return existsSync(root) ? root : undefined;
  }

  /**
   * Moves the outputs of a machine whose processes have ended here; all else of its tasks is removed. May be repeated after a crash. Tasks may
   * have put links anywhere: none is followed.
   */
  async keep(machineId: string, root: string, now: number): Promise<void> {
    await this.keepStart(machineId, join(root, START), now);
    for (const job of await directoriesIn(join(root, "workitems"))) {
      const from = join(root, "workitems", job);
      const tasks: string[] = [];
      for (const run of await directoriesIn(from))
        tasks.push(...(await directoriesIn(join(from, run))).map((task) => join(from, run, task)));
      const worker = async () => {
        for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) await leaveOutputs(task);
      };
      await Promise.all(Array.from({ length: TASKS_AT_ONCE }, worker));
      const to = join(this.folder, machineId, "workitems");
      await mkdir(to, { recursive: true, mode: 0o700 });
      await rename(from, join(to, job));
    }
    const notes = join(root, "volatile", "retention");
    await mkdir(join(this.folder, DUE), { recursive: true, mode: 0o700 });
    for (const at of await namesIn(notes)) {
      if (!/^\d+$/.test(at)) continue;
      await appendFile(join(this.folder, DUE, `${at}.${machineId}`), await readFile(join(notes, at)), { mode: 0o600 });
      await rm(join(notes, at));
    }
  }

  private async keepStart(machineId: string, from: string, now: number): Promise<void> {
    if (!(await namesIn(from)).some((name) => OUTPUTS.has(name))) return;
    await leaveOutputs(from, START_OUTPUTS);
    const due = Math.ceil((now + START_KEPT_MS) / HOUR_MS) * HOUR_MS;
    await mkdir(join(this.folder, DUE), { recursive: true, mode: 0o700 });
    await appendFile(join(this.folder, DUE, `${due}.${machineId}`), `${JSON.stringify({ start: true } satisfies Note)}\n`, { mode: 0o600 });
    await mkdir(join(this.folder, machineId), { recursive: true, mode: 0o700 });
    await rename(from, join(this.folder, machineId, START));
  }

  /** Nobody wants these outputs any more: a task's, or all of a job. */
  async forget(of: JobRef | TaskRef): Promise<void> {
    for (const machineId of await directoriesIn(this.folder)) if (machineId !== DUE) await this.remove(machineId, of);
  }

  /** Removes the outputs whose retention is over at `now`, in milliseconds. */
  async expire(now: number): Promise<void> {
    for (const note of await namesIn(join(this.folder, DUE))) {
      const [at, machineId = ""] = note.split(".");
      if (Number(at) > now) continue;
      const file = join(this.folder, DUE, note);
      const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
      for (const line of lines) {
        const noted = JSON.parse(line) as Note;
        if ("start" in noted) await this.removeStart(machineId);
        else await this.expireTask(machineId, noted);
      }
      await rm(file);
    }
  }

  /** A directory that was made after that end belongs to a later attempt, which has a note of its own. */
  private async expireTask(machineId: string, task: TaskRef & { readonly endedAt: number }): Promise<void> {
    const directory = join(this.folder, machineId, taskPath(task));
    const found = statSync(directory, { throwIfNoEntry: false });
    if (found && found.birthtimeMs <= task.endedAt) await this.remove(machineId, task);
  }

  private async removeStart(machineId: string): Promise<void> {
    await rm(join(this.folder, machineId, START), { recursive: true, force: true });
    await removeEmpty(join(this.folder, machineId));
  }

  private async remove(machineId: string, of: JobRef | TaskRef): Promise<void> {
    const workitems = join(this.folder, machineId, "workitems");
    const job = join(workitems, jobDirectory(of.jobId));
    await rm("taskId" in of ? join(job, of.taskId) : job, { recursive: true, force: true });
    // Upwards, as far as nothing else is there.
    for (const folder of [job, dirname(job), workitems, join(this.folder, machineId)]) if (!(await removeEmpty(folder))) return;
  }
}

async function leaveOutputs(directory: string, outputs = OUTPUTS): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!(outputs.has(entry.name) && entry.isFile())) await rm(join(directory, entry.name), { recursive: true, force: true });
  }
}

/** Of directories proper, no links. */
async function directoriesIn(folder: string): Promise<string[]> {
  const entries = await orNone(readdir(folder, { withFileTypes: true }));
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function namesIn(folder: string): Promise<string[]> {
  return orNone(readdir(folder));
}

async function orNone<T>(list: Promise<T[]>): Promise<T[]> {
  try {
    return await list;
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether it is gone. */
async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}
