import type { JobRef } from "./refs.ts";
import type { Member } from "./subtask.ts";

/** One waiting task in a ready chunk: short, because 25 of them should fit in 1 KB. */
export interface ReadyEntry {
  /** Task id. */
  readonly t: string;
  /** The number of the last attempt; the entry is for the next one. */
  readonly k: number;
  /** Slots it needs, when not 1. */
  readonly s?: number;
  /** The node that it would rather run on, by its id in lower case. */
  readonly n?: string;
  /** Its job's manager: goes before the job's other tasks. */
  readonly m?: 1;
  /** Needs a node to itself. */
  readonly x?: 1;
  /** Dedicated nodes only. */
  readonly d?: 1;
  /** A multi-instance task: needs so many nodes at a time. */
  readonly i?: number;
}

/** What a task asks of the node that it goes to, whenever its entry is written. */
export type EntryNeeds = Omit<ReadyEntry, "t" | "k">;

export interface ReadyChunk {
  readonly entries: readonly ReadyEntry[];
  /** Grows with every change: a pass shrinks only what it read. */
  readonly rev: number;
  /** When it was written, in milliseconds since the epoch. */
  readonly at: number;
  /** When another task was last sent away for it: a job manager's. */
  readonly displacedAt?: number;
}

export const CHUNK_ENTRIES = 25;
/** So long an entry is kept whose task is not (yet) as the entry says. */
export const ENTRY_GRACE_MS = 120_000;
/** After so long it is moved behind the others of its job, whose place it would take at every pass. */
export const ENTRY_FRONT_MS = 10_000;

/** Chunks sort by their keys. A job's manager goes before every id, entries that are not true behind every id. */
export const FIRST_CHUNK = "!";
export const LAST_CHUNK = "~";

export interface WaitingJob extends JobRef {
  readonly priority: number;
  readonly rev: number;
  /** Its manager may be waiting to run again: looked for even where no node has room. */
  readonly manager?: true;
}

/** What one pass handed to one node. */
export interface Lease {
  readonly id: string;
  readonly nodeId: string;
  readonly at: number;
  readonly tasks: readonly LeasedTask[];
}
export interface LeasedTask extends JobRef {
  readonly taskId: string;
  readonly attempt: number;
  readonly slots: number;
  /** Its job's manager. */
  readonly manager?: true;
  /** Of a multi-instance task, which of its instances, and of which gang; the task runs there only while that is its gang. */
  readonly member?: Member;
}

/** What becomes of an entry whose assignment the task's own item refused. */
export function entryIsOver(entry: ReadyEntry, task: { state: string; attempt: number } | undefined, age: number): boolean {
  if (task && task.attempt > entry.k) return true;
  return age > ENTRY_GRACE_MS;
}
