import type { Schedule } from "../../domain/schedule.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";
import { addedStats, grownStats, type JobStats, statsOfCounts, statsOfSums } from "./job-measures.ts";

/** A read takes a hundred keys, a schedule three of them. */
const AT_ONCE = 33;

/**
 * The statistics of schedules, in order: of all their jobs, also those that were deleted, as far as they have been rolled up, and of the newest as it is.
 */
export async function readScheduleStats(ctx: Context, schedules: readonly Schedule[]): Promise<JobStats[]> {
  return (await Promise.all(slices(schedules, AT_ONCE).map((some) => readSome(ctx, some)))).flat();
}

async function readSome(ctx: Context, schedules: readonly Schedule[]): Promise<JobStats[]> {
  const keys = schedules.map(({ id, uid, recentJob }) => [
    ctx.keys.scheduleStats({ scheduleId: id, uid }),
    ...(recentJob ? [ctx.keys.counts(recentJob), ctx.keys.rolledUp(recentJob)] : []),
  ]);
  const items = await ctx.store.getMany(keys.flat());
  return keys.map((own) => {
    const [sums, counts, rolled] = items.splice(0, own.length);
    return counts ? addedStats(statsOfSums(sums), grownStats(statsOfCounts(counts), statsOfSums(rolled))) : statsOfSums(sums);
  });
}
