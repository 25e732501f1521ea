/**
 * A plan is a proposal: each task's own item decides. The lease is written first, so that what a node holds can be found should it die; then the
 * tasks, each on condition that it waits at the attempt that its entry speaks of; then the node is told.
 */
import { fromItem, toItem } from "../../domain/items.ts";
import type { Pool } from "../../domain/pool.ts";
import type { LeasedTask } from "../../domain/ready.ts";
import type { Task } from "../../domain/task.ts";
import { assigned } from "../../domain/task-transitions.ts";
import type { TaskOrder } from "../../protocol/messages.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { Tallies } from "../jobs/counts.ts";
import { taskUpdate } from "../tasks/change-task.ts";
import { taskOrder } from "../tasks/task-order.ts";
import type { NodeRoom } from "./gather-rooms.ts";
import type { WaitingDemand } from "./gather-waiting.ts";

/** What a task's item said when it refused; undefined where there is none. */
export type Refused = Map<WaitingDemand, { state: string; attempt: number } | undefined>;

interface Handed {
  readonly room: NodeRoom;
  readonly lease: string;
  readonly demand: WaitingDemand;
}

export async function applyPlan(
  ctx: Context,
  pool: Pool,
  rooms: readonly NodeRoom[],
  plan: ReadonlyMap<string, readonly WaitingDemand[]>,
): Promise<{ refused: Refused }> {
  const byId = new Map(rooms.map((room) => [room.nodeId, room]));
  const handed: Handed[] = [];
  for (const [nodeId, demands] of plan) {
    const room = byId.get(nodeId) as NodeRoom;
    const lease = ctx.ids.next();
    handed.push(...demands.map((demand) => ({ room, lease, demand })));
  }
  if (handed.length === 0) return { refused: new Map() };
  await writeLeases(ctx, pool, handed);
  const { orders, refused } = await assign(ctx, pool, handed);
  await Promise.all(
    [...orders].map(([{ node }, { lease, tasks }]) => ctx.nodes.send(node.machineId, [{ kind: "run", boot: node.boot, lease, tasks }])),
  );
  await dropEmptyLeases(ctx, pool, handed, orders);
  return { refused };
}

async function writeLeases(ctx: Context, pool: Pool, handed: readonly Handed[]): Promise<void> {
  const at = ctx.clock.now();
  const byLease = new Map<string, { nodeId: string; tasks: LeasedTask[] }>();
  for (const { room, lease, demand } of handed) {
    const { job } = demand.supply;
    const manager = demand.entry.m ? { manager: true as const } : {};
    const task = { jobId: job.id, uid: job.uid, taskId: demand.entry.t, attempt: demand.entry.k + 1, slots: demand.slots, ...manager };
    const entry = byLease.get(lease);
    if (entry) entry.tasks.push(task);
    else byLease.set(lease, { nodeId: room.nodeId, tasks: [task] });
  }
  await writeAll(
    ctx,
    [...byLease].map(([id, { nodeId, tasks }]) => ({
      kind: "insert",
      item: toItem(ctx.keys.lease(pool.id, nodeId, id), { id, nodeId, at, tasks }),
    })),
  );
}

type Orders = Map<NodeRoom, { lease: string; tasks: TaskOrder[] }>;

async function assign(ctx: Context, pool: Pool, handed: readonly Handed[]): Promise<{ orders: Orders; refused: Refused }> {
  const now = ctx.clock.now();
  const outcomes = await writeAll(
    ctx,
    handed.map(({ room, demand }) => {
      const { job } = demand.supply;
      const node = { poolId: pool.id, nodeId: room.nodeId, machineId: room.node.machineId };
      const waits = { jobId: job.id, uid: job.uid, id: demand.entry.t, state: "active", attempt: demand.entry.k } as const;
      return taskUpdate(ctx, waits, assigned(demand.entry.k + 1, node, now), ["blocked"]);
    }),
  );
  const orders: Orders = new Map();
  const refused: Refused = new Map();
  const tallies = new Tallies();
  for (const [index, { room, lease, demand }] of handed.entries()) {
    const outcome = outcomes[index];
    if (!outcome?.ok || !outcome.item) {
      const found = outcome && !outcome.ok ? outcome.item : undefined;
      refused.set(demand, found && { state: String(found.state), attempt: Number(found.attempt) });
      continue;
    }
    const task = fromItem<Task>(outcome.item);
    const order = { ...taskOrder(ctx, demand.supply.job, task), slots: demand.slots };
    const given = orders.get(room);
    if (given) given.tasks.push(order);
    else orders.set(room, { lease, tasks: [order] });
    room.free -= demand.slots;
    room.busy = true;
    tallies.moved(task, "active", "running", task.spec.requiredSlots);
  }
  await tallies.save(ctx);
  return { orders, refused };
}

/** A lease of which no task could be assigned is nobody's: its node never hears of it. */
async function dropEmptyLeases(ctx: Context, pool: Pool, handed: readonly Handed[], orders: Orders): Promise<void> {
  const empty = new Map(handed.filter(({ room }) => !orders.has(room)).map(({ room, lease }) => [lease, room.nodeId]));
  await writeAll(
    ctx,
    [...empty].map(([lease, nodeId]) => ({ kind: "delete", key: ctx.keys.lease(pool.id, nodeId, lease) })),
  );
}
