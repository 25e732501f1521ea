/**
 * A lease that its node does not hold never reached it, went to an agent that ran there before, or is about to go: the node is asked to give back what
 * of it never came. It is not sent again: an agent that was started anew could run again what its forerunner ran and reported.
 */
import { fromItem } from "../../domain/items.ts";
import type { Lease, LeasedTask } from "../../domain/ready.ts";
import type { NodeRef } from "../../domain/refs.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { Attempt, ToNode } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { readHeld } from "../tasks/leased-tasks.ts";

/** A younger lease may still be on its way, to the node or back. */
const YOUNG_MS = 10_000;

export async function checkHeldLeases(ctx: Context, ref: NodeRef, machineId: string, held: readonly string[]): Promise<void> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(ref.poolId), prefix: `${ref.nodeId.toLowerCase()}#` });
  const known = new Set(held);
  for (const item of leases) {
    const lease = fromItem<Lease>(item);
    if (!known.has(lease.id) && mayBeOnItsWay(ctx, lease)) continue;
    const running = await readIfNeeded(ctx, lease, known.has(lease.id));
    if (!running) continue;
    const over = lease.tasks.filter(({ member }) => member && !running.some((one) => one.member?.gang === member.gang));
    // Instances are waited for by their tasks' next attempts: the node says so when nothing of them runs, or ever will.
    if (over.length > 0)
      await ctx.nodes.send(
        machineId,
        over.flatMap((leased) => disbandOf(leased, lease)),
      );
    if (known.has(lease.id)) continue;
    if (running.length === 0 && over.length === 0) await ctx.store.write({ kind: "delete", key: { pk: item.pk, sk: item.sk } });
    else if (running.length > 0) await ctx.nodes.send(machineId, [{ kind: "recall", attempts: running.map(attemptOf) }]);
  }
}

/** A lease that its node holds is looked at for instances alone: what ends elsewhere may end them. */
async function readIfNeeded(ctx: Context, lease: Lease, isHeld: boolean): Promise<Held[] | undefined> {
  if (isHeld && !lease.tasks.some(({ member }) => member)) return undefined;
  return readHeld(ctx, lease.nodeId, lease.tasks);
}
type Held = Awaited<ReturnType<typeof readHeld>>[number];

function attemptOf({ task, member }: Held): Attempt {
  return { task: taskRef(task), attempt: task.attempt, ...(member ? { member } : {}) };
}

function disbandOf({ jobId, uid, taskId, attempt, member }: LeasedTask, { id }: Lease): ToNode[] {
  return member ? [{ kind: "disband", task: { jobId, uid, taskId }, attempt, member, lease: id }] : [];
}

function mayBeOnItsWay(ctx: Context, lease: Lease): boolean {
  const { startedAt = Number.NEGATIVE_INFINITY } = ctx.settings;
  return lease.at >= startedAt && ctx.clock.now() - lease.at < YOUNG_MS;
}
