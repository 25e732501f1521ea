/**
 * A lease that its node does not hold never reached it (or its end was reported and the lease is about to go): it is sent again. The node ignores
 * what it has seen; a lease without running tasks is taken away.
 */
import { fromItem } from "../../domain/items.ts";
import type { Lease } from "../../domain/ready.ts";
import type { NodeRef } from "../../domain/refs.ts";
import type { TaskOrder } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { currentJob } from "../tasks/give-back.ts";
import { readTasks } from "../tasks/leased-tasks.ts";
import { taskOrder } from "../tasks/task-order.ts";

/** A younger lease may still be on its way, to the node or back. */
const YOUNG_MS = 10_000;

export async function checkHeldLeases(ctx: Context, ref: NodeRef, machineId: string, held: readonly string[]): Promise<void> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(ref.poolId), prefix: `${ref.nodeId.toLowerCase()}#` });
  const known = new Set(held);
  for (const item of leases) {
    const lease = fromItem<Lease>(item);
    if (known.has(lease.id) || mayBeOnItsWay(ctx, lease)) continue;
    const tasks = await orders(ctx, lease);
    if (tasks.length > 0) await ctx.nodes.send(machineId, [{ kind: "run", lease: lease.id, tasks }]);
    else await ctx.store.write({ kind: "delete", key: { pk: item.pk, sk: item.sk } });
  }
}

function mayBeOnItsWay(ctx: Context, lease: Lease): boolean {
  const { startedAt = Number.NEGATIVE_INFINITY } = ctx.settings;
  return lease.at >= startedAt && ctx.clock.now() - lease.at < YOUNG_MS;
}

async function orders(ctx: Context, lease: Lease): Promise<TaskOrder[]> {
  const result: TaskOrder[] = [];
  for (const task of await readTasks(ctx, lease.tasks)) {
    const job = task.node?.nodeId === lease.nodeId ? await currentJob(ctx, task) : undefined;
    if (job) result.push(taskOrder(ctx, job, task));
  }
  return result;
}
