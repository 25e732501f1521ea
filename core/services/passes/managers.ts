import { fromItem } from "../../domain/items.ts";
import type { Pool } from "../../domain/pool.ts";
import type { WaitingJob } from "../../domain/ready.ts";
import type { Task } from "../../domain/task.ts";
import type { Page } from "../../ports/store.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import type { Refused } from "./apply-plan.ts";
import { gatherWaiting, type WaitingDemand } from "./gather-waiting.ts";

/**
 * What the managers' items say of those entries that are not true. A job's other tasks stand behind its waiting manager: an entry that is over (a crash
 * left it) would hold them back for as long as no node has room for it. Reads one item for each job whose manager waits.
 */
export async function falseManagers(ctx: Context, demands: readonly WaitingDemand[]): Promise<Refused> {
  const managers = demands.filter(({ entry }) => entry.m === 1);
  const refused: Refused = new Map();
  for (const some of slices(managers, 100)) {
    const items = await ctx.store.getMany(
      some.map(({ supply: { job }, entry }) => ctx.keys.task({ jobId: job.id, uid: job.uid, taskId: entry.t })),
    );
    for (const [index, item] of items.entries()) {
      const demand = some[index];
      const task = item && fromItem<Task>(item);
      if (demand && !(task?.state === "active" && task.attempt === demand.entry.k)) refused.set(demand, task);
    }
  }
  return refused;
}

/** The managers that wait to run again, where no node has room for anything: of the jobs whose notes speak of one. A note that does so no more is corrected. */
export async function waitingManagers(ctx: Context, pool: Pool, notes: Page): Promise<readonly WaitingDemand[]> {
  const noted = notes.items.filter((note) => fromItem<WaitingJob>(note).manager);
  if (noted.length === 0) return [];
  const { demands, supplies } = await gatherWaiting(ctx, pool, noted.length, { items: noted });
  const managers = demands.filter(({ entry }) => entry.m === 1);
  const untrue = await falseManagers(ctx, managers);
  const waiting = managers.filter((demand) => !untrue.has(demand));
  const corrected = supplies.filter((supply) => !waiting.some((demand) => demand.supply === supply));
  await writeAll(
    ctx,
    corrected.map(({ note }) => ({
      kind: "update",
      key: { pk: note.pk, sk: note.sk },
      remove: ["manager"],
      when: { equals: { rev: fromItem<WaitingJob>(note).rev } },
    })),
  );
  return waiting;
}
