/** What a command used, as its node measured it: milliseconds of CPU time, and bytes from and to disks. */
export interface CommandUsage {
  readonly userMs: number;
  readonly kernelMs: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

const USED = ["wallMs", "userMs", "kernelMs", "readBytes", "writeBytes"] as const;

/** All that is added up: milliseconds, bytes, and how often tasks were tried again. */
export const MEASURES = [...USED, "retries", "waitMs"] as const;
export type Measure = (typeof MEASURES)[number];
/** What is absent is 0. */
export type Measures = { readonly [M in Measure]?: number };

/** What attempts of a task used that ended by themselves and were reported; what is absent is 0. */
export type TaskUsage = { readonly [M in (typeof USED)[number]]?: number };

/** What of a task its measures follow from. */
interface MeasuredTask {
  readonly state: string;
  readonly creationTime: string;
  readonly startTime?: string | undefined;
  readonly retryCount: number;
  readonly used?: TaskUsage | undefined;
  readonly usedBefore?: TaskUsage | undefined;
}

/** What one attempt used, as it is written into the task; undefined where that is nothing. */
export function attemptUsage(end: {
  readonly startTime: string;
  readonly endTime: string;
  readonly usage?: CommandUsage;
}): TaskUsage | undefined {
  return addedUsage({ wallMs: between(end.startTime, Date.parse(end.endTime)) }, end.usage);
}

/** Both together; undefined where that is nothing. */
export function addedUsage(one: TaskUsage = {}, other: TaskUsage = {}): TaskUsage | undefined {
  const sums = USED.map((name): [string, number] => [name, (one[name] ?? 0) + (other[name] ?? 0)]).filter(([, sum]) => sum > 0);
  return sums.length > 0 ? Object.fromEntries(sums) : undefined;
}

/** How long a task waited from its creation to its last start, or to `now` (milliseconds since the epoch) where it has not started. */
export function waitedMs(task: Pick<MeasuredTask, "creationTime" | "startTime">, now: number): number {
  return between(task.creationTime, task.startTime === undefined ? now : Date.parse(task.startTime));
}

/**
 * What its job's statistics have of a task, by its item alone, so that they can be counted anew: the wait counts when the task is completed. Clocks differ
 * between nodes and the service, so what would be negative is 0.
 */
export function measuresOf(task: MeasuredTask): Measures {
  const waitMs = task.state === "completed" && task.startTime !== undefined ? waitedMs(task, 0) : 0;
  return { ...addedUsage(task.usedBefore, task.used), retries: task.retryCount, waitMs };
}

function between(from: string, to: number): number {
  return Math.max(0, to - Date.parse(from));
}
