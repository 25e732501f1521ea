import type { JobRef } from "../../domain/refs.ts";
import type { Counts, TaskCounts, TaskState } from "../../domain/task.ts";
import type { Measures } from "../../domain/task-measures.ts";
import type { Item } from "../../ports/store.ts";
import type { Context } from "../context.ts";
import { addMeasures, keepMeasures, MEASURE_NAMES, type MeasureTally } from "../stats/job-measures.ts";
import { currentJob } from "./current-job.ts";

/** Of one job, how many tasks (and slots) of which kind; short names, as they are attributes of an item that is written often. */
export type Tally = MeasureTally & { -readonly [K in CountName]?: number };
const NAMES = ["a", "r", "s", "f", "as", "rs", "ss", "fs"] as const;
export type CountName = (typeof NAMES)[number];

export type CountedState = "active" | "running" | "succeeded" | "failed";

/** Under what a task is counted. */
export function countedAs(task: { state: TaskState; result?: "success" | "failure" }): CountedState {
  if (task.state === "active") return "active";
  if (task.state !== "completed") return "running";
  return task.result === "success" ? "succeeded" : "failed";
}

/** The changes to counts that a batch of work collects, so that each job's item is written once a batch. */
export class Tallies {
  private readonly byJob = new Map<string, { job: JobRef; tally: Tally }>();

  moved(job: JobRef, from: CountedState | undefined, to: CountedState | undefined, slots: number): void {
    const tally = this.of(job);
    for (const [state, sign] of [
      [from, -1],
      [to, 1],
    ] as const) {
      if (!state) continue;
      const letter = state[0] as "a" | "r" | "s" | "f";
      tally[letter] = (tally[letter] ?? 0) + sign;
      tally[`${letter}s`] = (tally[`${letter}s`] ?? 0) + sign * slots;
    }
  }

  /** What a task of the job used has become another. */
  measured(job: JobRef, after: Measures, before: Measures = {}): void {
    const tally = this.of(job);
    addMeasures(tally, after);
    addMeasures(tally, before, -1);
  }

  /** What a task used that goes, or begins anew, stays in its job's statistics. */
  kept(job: JobRef, measures: Measures, counted?: "succeeded" | "failed"): void {
    keepMeasures(this.of(job), measures, counted);
  }

  private of(job: JobRef): Tally {
    const name = `${job.jobId.toLowerCase()}~${job.uid}`;
    let entry = this.byJob.get(name);
    if (!entry) {
      entry = { job: { jobId: job.jobId, uid: job.uid }, tally: {} };
      this.byJob.set(name, entry);
    }
    return entry.tally;
  }

  /** Adds what was collected; answers the jobs that have no task left to run, as far as the counts tell. */
  async save(ctx: Context): Promise<JobRef[]> {
    const quiet: JobRef[] = [];
    await Promise.all(
      [...this.byJob.values()].map(async ({ job, tally }) => {
        const add = Object.fromEntries(Object.entries(tally).filter(([, n]) => n !== 0));
        if (Object.keys(add).length === 0) return;
        const counts = await addToCounts(ctx, job, add);
        if (counts && number(counts, "a") + number(counts, "r") <= 0) quiet.push(job);
      }),
    );
    this.byJob.clear();
    return quiet;
  }
}

/** Adds to a job's counts, which begin with the first that is added; answers them, or nothing where the job is gone, or going. */
async function addToCounts(ctx: Context, ref: JobRef, add: Readonly<Record<string, number>>): Promise<Item | undefined> {
  const key = ctx.keys.counts(ref);
  for (;;) {
    const added = await ctx.store.write({ kind: "update", key, add: { ...add, rev: 1 } });
    if (added.ok) return added.item;
    const job = await currentJob(ctx, ref);
    if (!job || job.state === "deleting") return undefined;
    const inserted = await ctx.store.write({ kind: "insert", item: { ...key, ...add, rev: 1 } });
    if (inserted.ok) return inserted.item;
  }
}

/** The counts as kept; all 0 where there are none yet. */
export async function readCounts(ctx: Context, job: JobRef): Promise<{ counts: Counts; rev: number; verified: boolean }> {
  return countsOf(await ctx.store.get(ctx.keys.counts(job)));
}

/** The counts that their item holds. */
export function countsOf(item: Item | undefined): { counts: Counts; rev: number; verified: boolean } {
  const of = (suffix: "" | "s"): TaskCounts => {
    const [active, running, succeeded, failed] = (["a", "r", "s", "f"] as const).map((letter) =>
      Math.max(0, number(item, letter + suffix)),
    );
    return {
      active: active ?? 0,
      running: running ?? 0,
      completed: (succeeded ?? 0) + (failed ?? 0),
      succeeded: succeeded ?? 0,
      failed: failed ?? 0,
    };
  };
  return {
    counts: { tasks: of(""), slots: of("s") },
    rev: number(item, "rev"),
    verified: item !== undefined && item.rev === item.verified,
  };
}

/**
 * Says that the counts are about to change: written before a change that no message would repeat, so that counts that were cut short are seen to be
 * unverified.
 */
export async function announceCounts(ctx: Context, job: JobRef): Promise<void> {
  await addToCounts(ctx, job, {});
}

/** Writes the first counts of a job that is not there yet: one waiting task. */
export async function beginCounts(ctx: Context, job: JobRef, slots: number): Promise<void> {
  await ctx.store.write({ kind: "insert", item: { ...ctx.keys.counts(job), a: 1, as: slots, rev: 1 } });
}

/** Sets the counts to what the items say, and calls them verified, unless they changed since `rev`. */
export async function resetCounts(ctx: Context, job: JobRef, tally: Tally, rev: number): Promise<boolean> {
  const set = Object.fromEntries([...NAMES, ...MEASURE_NAMES].map((name) => [name, tally[name] ?? 0]));
  const outcome = await ctx.store.write({
    kind: "update",
    key: ctx.keys.counts(job),
    set: { ...set, rev: rev + 1, verified: rev + 1 },
    remove: ["recount", "recountAt"],
    when: { equals: { rev } },
  });
  return outcome.ok;
}

function number(item: Item | undefined, attribute: string): number {
  const value = item?.[attribute];
  return typeof value === "number" ? value : 0;
}
