import { openSync, readSync } from "node:fs";
import type { CommandUsage } from "../core/domain/task-measures.ts";

/** Linux tells of CPU time in hundredths of a second, whatever its own clock is. */
const TICK_MS = 10;
/** Of `/proc/self/stat`, behind the command's name: see proc(5), where these are the 16th and the 17th. */
const USER_TICKS = 13;
const KERNEL_TICKS = 14;

const NOTHING: CommandUsage = { userMs: 0, kernelMs: 0, readBytes: 0, writeBytes: 0 };

/**
 * What the children of this process used that have ended and been waited for, with all that they themselves waited for. The system keeps one sum of all of
 * them; each look tells what came since the last one. Linux alone tells; what it does not tell is 0.
 */
export class ChildrenUsage {
  private readonly stat = open("/proc/self/stat");
  private readonly io = open("/proc/self/io");
  private last = this.sum() ?? NOTHING;

  /** Undefined where the system does not tell. */
  sinceLast(): CommandUsage | undefined {
    const sum = this.sum();
    if (sum === undefined) return undefined;
    const { last } = this;
    this.last = sum;
    return {
      userMs: sum.userMs - last.userMs,
      kernelMs: sum.kernelMs - last.kernelMs,
      readBytes: sum.readBytes - last.readBytes,
      writeBytes: sum.writeBytes - last.writeBytes,
    };
  }

  private sum(): CommandUsage | undefined {
    if (this.stat === undefined) return undefined;
    const stat = read(this.stat);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const io = this.io === undefined ? "" : read(this.io);
    return {
      userMs: Number(fields[USER_TICKS]) * TICK_MS,
      kernelMs: Number(fields[KERNEL_TICKS]) * TICK_MS,
      readBytes: Number(/^read_bytes: (\d+)/m.exec(io)?.[1] ?? 0),
      writeBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0),
    };
  }
}

/** Shares what several commands used that ended at the same moment: evenly, the rest to the first. */
export function shareOf(usage: CommandUsage, index: number, count: number): CommandUsage {
  const share = (whole: number) => Math.floor(whole / count) + (index === 0 ? whole % count : 0);
  return {
    userMs: share(usage.userMs),
    kernelMs: share(usage.kernelMs),
    readBytes: share(usage.readBytes),
    writeBytes: share(usage.writeBytes),
  };
}

/** Kept open: a read from its start makes such a file anew. Undefined where there is none. */
function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

const buffer = Buffer.alloc(4096);

function read(fd: number): string {
  return buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0));
}
