/**
 * Which jobs a node is prepared for, and which it cannot be prepared for, as it says with each report. It stands in offers and offer items, so that a pass
 * knows it without a look at anything else; it is a hint, as the node itself decides whether a task starts.
 */
import type { Job } from "../../domain/job.ts";

export interface Preparedness {
  /** The uids of jobs that are prepared there, and of those that cannot be. */
  readonly prepared: readonly string[];
  readonly unprepared: readonly string[];
}

const NAMES = ["prepared", "unprepared"] as const;

/** As a node's load, or its offer item, has it. */
export function preparednessOf(of: object | undefined): Preparedness {
  const { prepared = [], unprepared = [] } = (of ?? {}) as Partial<Preparedness>;
  return { prepared, unprepared };
}

/** The lists that say anything, and the names of the others: attributes to set, and to remove. */
export function asAttributes(of: Preparedness): { set: Record<string, readonly string[]>; remove: string[] } {
  const told = NAMES.filter((name) => of[name].length > 0);
  return { set: Object.fromEntries(told.map((name) => [name, of[name]])), remove: NAMES.filter((name) => of[name].length === 0) };
}

export function samePreparedness(a: Preparedness, b: Preparedness): boolean {
  return NAMES.every((name) => a[name].join() === b[name].join());
}

/** Whether the job's tasks can start there, as far as is known. Any can, of a job that does not wait for a preparation. */
export function canRun(job: Job, { unprepared }: Preparedness): boolean {
  return !job.spec.jobPreparationTask?.waitForSuccess || !unprepared.includes(job.uid);
}

/** What nodes have for a job: so many slots are left, and so many of the nodes can run nothing of it. */
export interface JobRoom {
  readonly free: number;
  readonly closed: number;
}
export const ANY_ROOM: JobRoom = { free: Number.POSITIVE_INFINITY, closed: 0 };

export function roomFor(job: Job, rooms: Iterable<Preparedness & { readonly free: number }>): JobRoom {
  if (!job.spec.jobPreparationTask?.waitForSuccess) return ANY_ROOM;
  let free = 0;
  let closed = 0;
  for (const room of rooms) {
    if (canRun(job, room)) free += room.free;
    else closed++;
  }
  return { free, closed };
}

/** Whether a task of the job that is handed to the node may have to wait there for its preparation. */
export function mayPrepare(job: Job, { prepared }: Preparedness): boolean {
  return job.spec.jobPreparationTask?.waitForSuccess === true && !prepared.includes(job.uid);
}
