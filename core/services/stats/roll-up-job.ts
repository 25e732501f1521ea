import type { Job } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Item, Write } from "../../ports/store.ts";
import type { Context } from "../context.ts";
import { grownStats, statsOfCounts, statsOfSums } from "./job-measures.ts";
import { addTogether } from "./lifetime.ts";

const TRIES = 8;

type Rolled = readonly [counts: Item | undefined, rolled: Item | undefined];

/** A job's counts, and what of them the account's statistics have: see rollUpJob. */
export async function readRolled(ctx: Context, ref: JobRef): Promise<Rolled> {
  const [counts, rolled] = await ctx.store.getMany([ctx.keys.counts(ref), ctx.keys.rolledUp(ref)]);
  return [counts, rolled];
}

/**
 * Adds to the statistics of the account, and of the job's schedule, what the job's have grown by since the last time. An item beside its counts remembers what was added, and is written in the
 * same transaction: nothing is added twice, and nothing is lost. It is not the counts' own, which is written often, and would be in the way. False where
 * somebody else rolled the job up meanwhile, perhaps not as far.
 */
export async function rollUpJob(ctx: Context, job: Job, [counts, rolled]: Rolled): Promise<boolean> {
  // Without counts the job has been rolled up for the last time.
  if (!counts) return true;
  const stats = statsOfCounts(counts);
  const grown = grownStats(stats, statsOfSums(rolled));
  if (Object.values(grown).every((amount) => amount === 0)) return true;
  const key = ctx.keys.rolledUp({ jobId: job.id, uid: job.uid });
  const rev = Number(rolled?.rev ?? 0);
  const remembered: Write = rolled
    ? { kind: "update", key, set: { ...stats, rev: rev + 1 }, when: { equals: { rev } } }
    : { kind: "insert", item: { ...key, ...stats, rev: 1 } };
  const counted = [ctx.keys.lifetime("jobs"), ...(job.schedule ? [ctx.keys.scheduleStats(job.schedule)] : [])];
  return addTogether(ctx, counted, job.creationTime, grown, remembered);
}

/** The same for the last time, of a job that is being deleted and of which nothing is counted any more. */
export async function rollUpLast(ctx: Context, job: Job): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (await rollUpJob(ctx, job, await readRolled(ctx, { jobId: job.id, uid: job.uid }))) return;
  }
  throw new Error(`job ${job.id} is rolled up elsewhere all the time`);
}
