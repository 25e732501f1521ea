/**
 * What the tasks of a job used, as attributes of the job's counts: short names, as that item is written often. What tasks that are there used can be
 * counted anew from them. What is not (or no longer) in any task, because it was deleted or reactivated, is kept apart, and never counted anew.
 */
import { MEASURES, type Measure, type Measures } from "../../domain/task-measures.ts";
import type { Item } from "../../ports/store.ts";

const NAME = { wallMs: "w", userMs: "u", kernelMs: "k", readBytes: "i", writeBytes: "o", retries: "n", waitMs: "q" } as const;

export type MeasureName = (typeof NAME)[Measure];
type KeptName = `g${MeasureName}` | "gs" | "gf";
export type MeasureTally = { -readonly [N in MeasureName | KeptName]?: number };

/** The attributes that can be counted anew. */
export const MEASURE_NAMES: readonly MeasureName[] = Object.values(NAME);

/** Statistics of one job or of many: milliseconds, bytes and numbers. */
export type JobStats = { readonly [M in StatName]: number };
const STATS = [...MEASURES, "succeeded", "failed"] as const;
type StatName = (typeof STATS)[number];

export const NO_STATS: JobStats = statsBy(() => 0);

/** Adds (or takes away, with `sign` -1) what tasks that are there used. */
export function addMeasures(tally: MeasureTally, measures: Measures, sign: 1 | -1 = 1): void {
  for (const measure of MEASURES) tally[NAME[measure]] = (tally[NAME[measure]] ?? 0) + sign * (measures[measure] ?? 0);
}

/** Keeps what a task used that goes, or begins anew; `counted` is what it was counted as, where it goes. */
export function keepMeasures(tally: MeasureTally, measures: Measures, counted?: "succeeded" | "failed"): void {
  for (const measure of MEASURES) tally[`g${NAME[measure]}`] = (tally[`g${NAME[measure]}`] ?? 0) + (measures[measure] ?? 0);
  if (counted === "succeeded") tally.gs = (tally.gs ?? 0) + 1;
  if (counted === "failed") tally.gf = (tally.gf ?? 0) + 1;
}

/** The statistics that a job's counts hold; none where there are no counts. */
export function statsOfCounts(item: Item | undefined): JobStats {
  return statsBy((stat) => {
    const name = stat === "succeeded" ? "s" : stat === "failed" ? "f" : NAME[stat];
    return Math.max(0, number(item, name)) + number(item, `g${name}`);
  });
}

/** The statistics that an item has by their own names, where many were added up. */
export function statsOfSums(item: Item | undefined): JobStats {
  return statsBy((name) => number(item, name));
}

export function addedStats(one: JobStats, other: JobStats): JobStats {
  return statsBy((name) => one[name] + other[name]);
}

/** What they have grown by; less than 0 where they were counted anew. */
export function grownStats(now: JobStats, before: JobStats): JobStats {
  return statsBy((name) => now[name] - before[name]);
}

function statsBy(amount: (name: StatName) => number): JobStats {
  return Object.fromEntries(STATS.map((name) => [name, amount(name)])) as Record<StatName, number>;
}

function number(item: Item | undefined, attribute: string): number {
  const value = item?.[attribute];
  return typeof value === "number" ? value : 0;
}
