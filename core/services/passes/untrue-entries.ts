/**
 * Ready entries that are not true yet, or no more: of a task that is about to be added or to wait again, or that was ended or deleted while it waited. They are
 * kept for a while, as nobody can tell which, and must keep no other task waiting meanwhile.
 */
import { fromItem } from "../../domain/items.ts";
import type { Pool } from "../../domain/pool.ts";
import { entryName } from "../../domain/ready.ts";
import type { Task } from "../../domain/task.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";
import { firstNotes, gatherWaiting, type WaitingDemand } from "./gather-waiting.ts";

/** Where one is, others often are: so many tasks behind it are looked at before they are tried. */
const LOOKED_AHEAD = 200;

export function nameOf({ supply, entry }: WaitingDemand): string {
  return entryName(supply.job, entry);
}

/** Adds to the entries that are known not to be true those that wait next and are not true either. */
export async function lookAhead(ctx: Context, pool: Pool, untrue: Set<string>): Promise<void> {
  const { demands } = await gatherWaiting(ctx, pool, LOOKED_AHEAD, await firstNotes(ctx, pool), undefined, untrue);
  for (const some of slices(demands, 100)) {
    const items = await ctx.store.getMany(
      some.map(({ supply: { job }, entry }) => ctx.keys.task({ jobId: job.id, uid: job.uid, taskId: entry.t })),
    );
    for (const [index, demand] of some.entries()) {
      const item = items[index];
      const task = item && fromItem<Task>(item);
      if (!task || (task.state === "completed" && task.attempt === demand.entry.k)) untrue.add(nameOf(demand));
    }
  }
}
