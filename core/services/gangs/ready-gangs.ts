import { fromItem } from "../../domain/items.ts";
import type { Task } from "../../domain/task.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";
import type { Refused } from "../passes/apply-plan.ts";
import type { WaitingDemand } from "../passes/gather-waiting.ts";
import { clearFormer } from "./clear-former.ts";

/**
 * What is to be known of waiting multi-instance tasks before they are placed. `untrue`: what the items say of entries that are over, which could keep
 * nodes from others for nothing. `unready`: something of a former attempt may still run. Reads an item for each that was tried before or may keep nodes for itself.
 */
export async function checkGangs(
  ctx: Context,
  demands: readonly WaitingDemand[],
): Promise<{ untrue: Refused; unready: ReadonlySet<WaitingDemand> }> {
  const looked = demands.filter(({ rooms, reserves, entry }) => rooms !== undefined && (reserves === true || entry.k > 0));
  const untrue: Refused = new Map();
  const unready = new Set<WaitingDemand>();
  for (const some of slices(looked, 100)) {
    const refs = some.map(({ supply: { job }, entry }) => ({ jobId: job.id, uid: job.uid, taskId: entry.t }));
    const items = await ctx.store.getMany(refs.map((ref) => ctx.keys.task(ref)));
    for (const [index, demand] of some.entries()) {
      const item = items[index];
      const task = item && fromItem<Task>(item);
      const ref = refs[index];
      if (!(task?.state === "active" && task.attempt === demand.entry.k)) untrue.set(demand, task);
      else if (demand.entry.k > 0 && ref && !(await clearFormer(ctx, ref))) unready.add(demand);
    }
  }
  return { untrue, unready };
}
