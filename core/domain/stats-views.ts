/** The statistics documents of the newest API version. */
import { formatDuration } from "./duration.ts";
import type { Pool } from "./pool.ts";
import { usageAt } from "./pool-usage.ts";
import type { Task } from "./task.ts";
import { type Measure, measuresOf, waitedMs } from "./task-measures.ts";

type Document = Record<string, unknown>;

const GIB = 2 ** 30;

/** What tasks did, of any kind of statistics: milliseconds, bytes and numbers. */
type Measured = { readonly [M in Exclude<Measure, "retries">]: number };

/** From when until when statistics count, in ISO 8601, and where they are to be had. */
interface Span {
  readonly url: string;
  readonly startTime: string;
  readonly lastUpdateTime: string;
}

/** Of one task; `now` in milliseconds since the epoch. Of an attempt that runs, the time so far is known, and no more. */
export function taskStatsView(task: Task, url: string, now: number): Document {
  const { wallMs = 0, userMs = 0, kernelMs = 0, readBytes = 0, writeBytes = 0 } = measuresOf(task);
  const runs = task.state === "running" && task.startTime !== undefined;
  const running = runs ? Math.max(0, now - Date.parse(task.startTime)) : 0;
  const used = { wallMs: wallMs + running, userMs, kernelMs, readBytes, writeBytes, waitMs: waitedMs(task, now) };
  return usedView(used, { url, startTime: task.creationTime, lastUpdateTime: iso(now) });
}

/** Of the tasks of one job, or of many. */
export function jobStatsView(
  stats: Measured & { readonly retries: number; readonly succeeded: number; readonly failed: number },
  span: Span,
): Document {
  return {
    ...usedView(stats, span),
    numSucceededTasks: stats.succeeded,
    numFailedTasks: stats.failed,
    numTaskRetries: stats.retries,
  };
}

/** Of one pool; `now` in milliseconds since the epoch. */
export function poolStatsView(pool: Pool, url: string, now: number): Document {
  return coreTimeView(usageAt(pool, now).usage.dedicated, { url, startTime: pool.creationTime, lastUpdateTime: iso(now) });
}

/** Of pools with dedicated nodes of so many core-milliseconds. What nodes use besides is not measured: it is 0, as Azure answers where it has no figures. */
export function coreTimeView(dedicatedCoreMs: number, { url, startTime, lastUpdateTime }: Span): Document {
  return {
    url,
    startTime,
    lastUpdateTime,
    usageStats: { startTime, lastUpdateTime, dedicatedCoreTime: formatDuration(dedicatedCoreMs) },
    resourceStats: {
      startTime,
      lastUpdateTime,
      avgCPUPercentage: 0,
      avgMemoryGiB: 0,
      peakMemoryGiB: 0,
      avgDiskGiB: 0,
      peakDiskGiB: 0,
      diskReadIOps: 0,
      diskWriteIOps: 0,
      diskReadGiB: 0,
      diskWriteGiB: 0,
      networkReadGiB: 0,
      networkWriteGiB: 0,
    },
  };
}

/** Operations on disks are not counted by any system that nodes run on, only bytes. */
function usedView(used: Measured, span: Span): Document {
  return {
    ...span,
    userCPUTime: formatDuration(used.userMs),
    kernelCPUTime: formatDuration(used.kernelMs),
    wallClockTime: formatDuration(used.wallMs),
    readIOps: 0,
    writeIOps: 0,
    readIOGiB: used.readBytes / GIB,
    writeIOGiB: used.writeBytes / GIB,
    waitTime: formatDuration(used.waitMs),
  };
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}
