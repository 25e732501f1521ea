/**
 * A job manager that is to run again goes before its job's other tasks, even before those that run: where no node has room for it, some of them are sent
 * away, at nobody's cost. Its first start waits for room like any task's.
 */
import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Lease } from "../../domain/ready.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import { fewestToDisplace } from "../../scheduling/displace.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { readTasks } from "../tasks/leased-tasks.ts";
import type { NodeRoom } from "./gather-rooms.ts";
import type { WaitingDemand } from "./gather-waiting.ts";

/** Those that were sent away must have gone by then; if not, others are. */
const AGAIN_AFTER_MS = 30_000;

export async function makeRoomForManagers(
  ctx: Context,
  pool: Pool,
  rooms: readonly NodeRoom[],
  unplaced: readonly WaitingDemand[],
): Promise<void> {
  const now = ctx.clock.now();
  const managers = unplaced.filter(
    ({ entry, chunk }) => entry.m === 1 && entry.k > 0 && now - (chunk.displacedAt ?? Number.NEGATIVE_INFINITY) > AGAIN_AFTER_MS,
  );
  if (managers.length === 0) return;
  const leases = (await allItems(ctx, { pk: ctx.keys.leases(pool.id) })).map((item) => fromItem<Lease>(item));
  for (const demand of managers) {
    const { job } = demand.supply;
    const running = await readTasks(
      ctx,
      leases.flatMap((lease) => lease.tasks).filter(({ uid }) => uid === job.uid),
    );
    const displaced = fewestToDisplace(demand.slots, await onAccepted(ctx, pool, demand, running), freeOf(rooms));
    if (displaced.length === 0) continue;
    // Noted first: cut short after this, it is done again when the time is over.
    const key = { pk: ctx.keys.ready({ jobId: job.id, uid: job.uid }), sk: demand.chunk.sk };
    await ctx.store.write({
      kind: "update",
      key,
      set: { displacedAt: now, rev: demand.chunk.rev + 1 },
      when: { equals: { rev: demand.chunk.rev } },
    });
    for (const task of displaced) {
      if (task.node)
        await ctx.nodes.send(task.node.machineId, [{ kind: "stop", task: taskRef(task), attempt: task.attempt, how: "restarted" }]);
    }
  }
}

/** The running tasks on nodes where the manager may run. */
async function onAccepted(ctx: Context, pool: Pool, demand: WaitingDemand, running: readonly Task[]): Promise<Running[]> {
  const ids = [...new Set(running.flatMap(({ node }) => (node ? [node.nodeId] : [])))].slice(0, 100);
  const nodes = demand.entry.d ? await ctx.store.getMany(ids.map((id) => ctx.keys.node(pool.id, id))) : [];
  const refused = new Set(nodes.flatMap((item) => (item && !fromItem<Node>(item).dedicated ? [item.id] : [])));
  return running.flatMap((task) =>
    task.node && !refused.has(task.node.nodeId) ? [{ ...task, nodeId: task.node.nodeId, slots: task.spec.requiredSlots }] : [],
  );
}
type Running = Task & { readonly nodeId: string; readonly slots: number };

function freeOf(rooms: readonly NodeRoom[]): ReadonlyMap<string, number> {
  return new Map(rooms.map(({ nodeId, free }) => [nodeId, free]));
}
