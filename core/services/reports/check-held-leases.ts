/**
 * A lease that its node does not hold never reached it, went to an agent that ran there before, or is about to go: the node is asked to give back what
 * of it never came. It is not sent again: an agent that was started anew could run again what its forerunner ran and reported.
 */
import { fromItem } from "../../domain/items.ts";
import type { Lease } from "../../domain/ready.ts";
import type { NodeRef } from "../../domain/refs.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { readTasks } from "../tasks/leased-tasks.ts";

/** A younger lease may still be on its way, to the node or back. */
const YOUNG_MS = 10_000;

export async function checkHeldLeases(ctx: Context, ref: NodeRef, machineId: string, held: readonly string[]): Promise<void> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(ref.poolId), prefix: `${ref.nodeId.toLowerCase()}#` });
  const known = new Set(held);
  for (const item of leases) {
    const lease = fromItem<Lease>(item);
    if (known.has(lease.id) || mayBeOnItsWay(ctx, lease)) continue;
    const running = (await readTasks(ctx, lease.tasks)).filter((task) => task.node?.nodeId === lease.nodeId);
    if (running.length === 0) await ctx.store.write({ kind: "delete", key: { pk: item.pk, sk: item.sk } });
    else
      await ctx.nodes.send(machineId, [
        { kind: "recall", attempts: running.map((task) => ({ task: taskRef(task), attempt: task.attempt })) },
      ]);
  }
}

function mayBeOnItsWay(ctx: Context, lease: Lease): boolean {
  const { startedAt = Number.NEGATIVE_INFINITY } = ctx.settings;
  return lease.at >= startedAt && ctx.clock.now() - lease.at < YOUNG_MS;
}
