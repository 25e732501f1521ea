import { appendFileSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { readFile, unlink } from "node:fs/promises";
import type { TaskRef } from "../core/domain/refs.ts";
import type { Directories } from "./directories.ts";
import { codeOf, type Log, messageOf } from "./log.ts";
import { every, type Time } from "./time.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Longer than any node lives: not kept track of. */
const FOREVER_MS = 100 * 365 * 24 * HOUR_MS;
const TICK_MS = SECOND_MS;

interface Entry extends TaskRef {
  readonly endedAt: number;
}

export interface Retention {
  /** The task has ended now; its directory goes when `retentionMs` have passed. */
  keep(task: TaskRef, retentionMs: number): void;
  /** Whether there is a task that has ended here and whose directory is still to be kept. */
  readonly keepsAny: boolean;
  close(): void;
}

/**
 * Removes the directories of tasks whose retention is over. A node may hold millions of them, so what is due lies on disk: one file per time,
 * rounded up to the second, minute or hour by how long is left. A file that an earlier start of the agent left is honoured too.
 */
export class DiskRetention implements Retention {
  private readonly folder: string;
  private readonly due = new Set<number>();
  private readonly unwritten = new Map<number, string>();
  private readonly endTicks: () => void;
  private sweeping = false;
  private forever = false;

  constructor(
    private readonly directories: Directories,
    /** Whether the task runs here: a newer attempt in the same directory. */
    private readonly isRunning: (task: TaskRef) => boolean,
    private readonly time: Time,
    private readonly log: Log,
  ) {
    this.folder = `${directories.volatile}/retention`;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.folder)) if (/^\d+$/.test(name)) this.due.add(Number(name));
    this.endTicks = every(time, TICK_MS, () => this.tick(time.now()));
  }

  get keepsAny(): boolean {
    return this.forever || this.due.size > 0;
  }

  /** The task has ended now; its directory goes when `retentionMs` have passed, up to a second, a minute or an hour late. */
  keep(task: TaskRef, retentionMs: number): void {
    if (retentionMs > FOREVER_MS) {
      this.forever = true;
      return;
    }
    const grain = retentionMs <= MINUTE_MS ? SECOND_MS : retentionMs <= HOUR_MS ? MINUTE_MS : HOUR_MS;
    const endedAt = this.time.now();
    const at = Math.ceil((endedAt + retentionMs) / grain) * grain;
    const { jobId, uid, taskId } = task;
    const line = `${JSON.stringify({ jobId, uid, taskId, endedAt } satisfies Entry)}\n`;
    this.unwritten.set(at, (this.unwritten.get(at) ?? "") + line);
    this.due.add(at);
  }

  close(): void {
    this.endTicks();
    this.write();
  }

  private tick(now: number): void {
    this.write();
    if (this.sweeping) return;
    const over = [...this.due].filter((at) => at <= now).sort((a, b) => a - b);
    if (over.length === 0) return;
    this.sweeping = true;
    void this.sweep(over).finally(() => {
      this.sweeping = false;
    });
  }

  private write(): void {
    for (const [at, lines] of this.unwritten) {
      try {
        appendFileSync(`${this.folder}/${at}`, lines, { mode: 0o600 });
        this.unwritten.delete(at);
      } catch (error) {
        // A full disk: these stay in memory until there is room, which removing others makes.
        this.log("warn", "retention-not-written", { error: messageOf(error) });
      }
    }
  }

  private async sweep(over: readonly number[]): Promise<void> {
    for (const at of over) {
      const path = `${this.folder}/${at}`;
      this.due.delete(at);
      try {
        const lines = (await readFile(path, "utf8")).split("\n");
        for (const line of lines) if (line !== "") await this.remove(JSON.parse(line) as Entry);
        await unlink(path);
      } catch (error) {
        if (codeOf(error) !== "ENOENT") this.log("warn", "retention-not-swept", { error: messageOf(error) });
      }
    }
  }

  private async remove(entry: Entry): Promise<void> {
    if (this.isRunning(entry)) return;
    const found = statSync(this.directories.ofTask(entry).directory, { throwIfNoEntry: false });
    // A directory that was made later belongs to a later attempt, which has an entry of its own.
    if (found === undefined || found.birthtimeMs > entry.endedAt) return;
    await this.directories.removeTask(entry);
  }
}
