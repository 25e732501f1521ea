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

/**
 * Makes a job's counts equal its items; false where they changed while the items were read. What cut the counts short may have cut short the release of blocked
 * tasks too: these are looked at again.
 */
export async function recountJob(ctx: Context, ref: JobRef): Promise<boolean> {
  const job = await currentJob(ctx, ref);
  if (!job) return true;
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
  if (!(await resetCounts(ctx, ref, tally, before.rev))) return false;
  if ((tally.a ?? 0) + (tally.r ?? 0) === 0) await settleIfComplete(ctx, [ref]);
  return true;
}
