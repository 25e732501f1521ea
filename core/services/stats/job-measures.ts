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

/** A job's statistics: milliseconds, bytes and numbers. */
export type JobStats = { readonly [M in Measure | "succeeded" | "failed"]: number };

export const NO_STATS: JobStats = {
  wallMs: 0,
  userMs: 0,
  kernelMs: 0,
  readBytes: 0,
  writeBytes: 0,
  retries: 0,
  waitMs: 0,
  succeeded: 0,
  failed: 0,
};

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
  const sum = (name: MeasureName | "s" | "f") => Math.max(0, number(item, name)) + number(item, `g${name}`);
  const measures = Object.fromEntries(MEASURES.map((measure) => [measure, sum(NAME[measure])])) as Record<Measure, number>;
  return { ...measures, succeeded: sum("s"), failed: sum("f") };
}

function number(item: Item | undefined, attribute: string): number {
  const value = item?.[attribute];
  return typeof value === "number" ? value : 0;
}
