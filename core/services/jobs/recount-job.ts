import { fromItem } from "../../domain/items.ts";
import { poolOf } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import { measuresOf } from "../../domain/task-measures.ts";
import type { Context } from "../context.ts";
import { recheckBlocked } from "../dependencies/recheck.ts";
import { everyPage } from "../listing.ts";
import { ring } from "../ring.ts";
import { addMeasures } from "../stats/job-measures.ts";
import { announceCounts, countedAs, readCounts, resetCounts, type Tally } from "./counts.ts";
import { currentJob } from "./current-job.ts";
import { settleIfComplete } from "./settle-job.ts";

const AGAIN_AFTER_S = 30;

/** So long nobody counts before a job is taken to be at rest. */
const AT_REST_S = 5;

/** So long a job's coming to rest is awaited; then the next sweep takes over. */
const AWAITED_MS = 240_000;

/** Counts a job anew once nobody has counted since `rev` for a moment, if that is before `until` (milliseconds since the epoch). */
export async function recountAtRest(ctx: Context, job: JobRef, rev: number, until = ctx.clock.now() + AWAITED_MS): Promise<void> {
  await ctx.work.send([{ body: { kind: "recount-job", job, rev, until }, delaySeconds: AT_REST_S }]);
}

/**
 * Makes a job's counts equal its items. Where they change while the items are read, it is tried again later. What cut the counts short may have cut
 * short the release of blocked tasks too: these are looked at again.
 * `onlyAt`: waits on where somebody counted since, as what is written while a job is in motion may be counted by its writer once more; `until`
 * (milliseconds since the epoch) it has come to rest, or the next sweep takes over.
 */
export async function recountJob(ctx: Context, ref: JobRef, onlyAt?: number, until = 0): Promise<void> {
  const job = await currentJob(ctx, ref);
  if (!job) return;
  if (onlyAt !== undefined) {
    const { rev } = await readCounts(ctx, ref);
    if (rev !== onlyAt) return ctx.clock.now() < until ? recountAtRest(ctx, ref, rev, until) : undefined;
  }
  let released = false;
  await announceCounts(ctx, ref);
  const before = await readCounts(ctx, ref);
  const tally: Tally = {};
  for (const pk of ctx.keys.taskPartitions(ref)) {
    for await (const page of everyPage(ctx, { pk }, 1000)) {
      const tasks = page.map((item) => fromItem<Task>(item));
      released =
        (await recheckBlocked(
          ctx,
          job,
          tasks.filter(({ state, blocked }) => state === "active" && blocked !== undefined),
        )) || released;
      for (const task of tasks) {
        addMeasures(tally, measuresOf(task));
        const letter = countedAs(task)[0] as "a" | "r" | "s" | "f";
        tally[letter] = (tally[letter] ?? 0) + 1;
        tally[`${letter}s`] = (tally[`${letter}s`] ?? 0) + task.spec.requiredSlots;
      }
    }
  }
  if (released) await ring(ctx, { pool: { poolId: poolOf(job) } });
  const settled = await resetCounts(ctx, ref, tally, before.rev);
  if (!settled) await ctx.work.send([{ body: { kind: "recount-job", job: ref }, delaySeconds: AGAIN_AFTER_S }]);
  else if ((tally.a ?? 0) + (tally.r ?? 0) === 0) await settleIfComplete(ctx, [ref]);
}
