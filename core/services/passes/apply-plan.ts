/**
 * A plan is a proposal: each task's own item decides. The lease is written first, so that what a node holds can be found should it die; then, of a
 * multi-instance task, its instances; then the tasks, each on condition that it waits at the attempt that its entry speaks of; then the nodes are told.
 */
import { fromItem, toItem } from "../../domain/items.ts";
import type { Pool } from "../../domain/pool.ts";
import type { LeasedTask } from "../../domain/ready.ts";
import type { Member } from "../../domain/subtask.ts";
import type { Task } from "../../domain/task.ts";
import { assigned } from "../../domain/task-transitions.ts";
import type { PreparationOrder } from "../../protocol/job-commands.ts";
import type { TaskOrder } from "../../protocol/messages.ts";
import { groupBy, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { instanceOrders } from "../gangs/instance-orders.ts";
import { dropInstances, type Instance, writeInstances } from "../gangs/write-instances.ts";
import { Tallies } from "../jobs/counts.ts";
import { preparationOrder } from "../preparations/job-commands.ts";
import { noteNodes } from "../preparations/note-nodes.ts";
import { taskUpdate } from "../tasks/change-task.ts";
import { taskOrder } from "../tasks/task-order.ts";
import type { NodeRoom } from "./gather-rooms.ts";
import type { WaitingDemand } from "./gather-waiting.ts";
import { mayPrepare } from "./preparedness.ts";

/** What a task's item said when it refused; undefined where there is none. */
export type Refused = Map<WaitingDemand, { state: string; attempt: number } | undefined>;

interface Handed {
  readonly room: NodeRoom;
  readonly lease: string;
  readonly demand: WaitingDemand;
  readonly member?: Member;
}

export async function applyPlan(
  ctx: Context,
  pool: Pool,
  rooms: readonly NodeRoom[],
  plan: ReadonlyMap<string, readonly WaitingDemand[]>,
): Promise<{ refused: Refused }> {
  const byId = new Map(rooms.map((room) => [room.nodeId, room]));
  const handed: Handed[] = [];
  const gangs = new Map<WaitingDemand, { readonly name: string; size: number }>();
  for (const [nodeId, demands] of plan) {
    const room = byId.get(nodeId) as NodeRoom;
    const lease = ctx.ids.next();
    for (const demand of demands) {
      if (demand.rooms === undefined) {
        handed.push({ room, lease, demand });
        continue;
      }
      const gang = gangs.get(demand) ?? { name: ctx.ids.next(), size: 0 };
      gangs.set(demand, gang);
      handed.push({ room, lease, demand, member: { gang: gang.name, instance: gang.size++ } });
    }
  }
  if (handed.length === 0) return { refused: new Map() };
  await noteNodes(
    ctx,
    handed.map(({ room, demand }) => ({ job: demand.supply.job, node: room.node, prepared: room.prepared })),
  );
  await writeLeases(ctx, pool, handed);
  await writeInstances(ctx, instancesOf(pool, handed));
  const { orders, refused } = await assign(ctx, pool, handed);
  const preparations = preparationsOf(ctx, handed);
  await Promise.all(
    [...orders].map(([{ node }, { lease, tasks }]) => {
      const own = [...new Set(tasks.map(({ task }) => task.uid))].flatMap((uid) => preparations.get(uid) ?? []);
      return ctx.nodes.send(node.machineId, [
        { kind: "run", boot: node.boot, lease, tasks, ...(own.length > 0 ? { preparations: own } : {}) },
      ]);
    }),
  );
  await dropEmptyLeases(ctx, pool, handed, orders);
  return { refused };
}

/** By the jobs' uids, of those that have one. */
function preparationsOf(ctx: Context, handed: readonly Handed[]): Map<string, PreparationOrder> {
  const jobs = new Set(handed.map(({ demand }) => demand.supply.job));
  const orders = new Map<string, PreparationOrder>();
  for (const job of jobs) {
    const task = job.spec.jobPreparationTask;
    if (task) orders.set(job.uid, preparationOrder(ctx, job, task));
  }
  return orders;
}

function instancesOf(pool: Pool, handed: readonly Handed[]): Instance[] {
  return handed.flatMap(({ room, lease, demand, member }) => {
    if (!member) return [];
    const { job } = demand.supply;
    const node = { poolId: pool.id, nodeId: room.nodeId, machineId: room.node.machineId };
    return [{ task: { jobId: job.id, uid: job.uid, taskId: demand.entry.t }, attempt: demand.entry.k + 1, member, lease, node }];
  });
}

async function writeLeases(ctx: Context, pool: Pool, handed: readonly Handed[]): Promise<void> {
  const at = ctx.clock.now();
  const byLease = new Map<string, { nodeId: string; tasks: LeasedTask[] }>();
  for (const { room, lease, demand, member } of handed) {
    const { job } = demand.supply;
    const about = { ...(demand.entry.m ? { manager: true as const } : {}), ...(member ? { member } : {}) };
    const task = { jobId: job.id, uid: job.uid, taskId: demand.entry.t, attempt: demand.entry.k + 1, slots: demand.slots, ...about };
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
  // The nodes of one demand: several, the primary first, where it is a multi-instance task.
  const places = groupBy(handed, ({ demand }) => demand);
  const demands = [...places];
  const outcomes = await writeAll(
    ctx,
    demands.map(([demand, [first]]) => {
      const { room, member } = first as Handed;
      const { job } = demand.supply;
      const node = { poolId: pool.id, nodeId: room.nodeId, machineId: room.node.machineId };
      const waits = { jobId: job.id, uid: job.uid, id: demand.entry.t, state: "active", attempt: demand.entry.k } as const;
      const gang = member ? { gang: member.gang } : {};
      return taskUpdate(ctx, waits, { ...assigned(demand.entry.k + 1, node, now, mayPrepare(job, room)), ...gang }, ["blocked"]);
    }),
  );
  const orders: Orders = new Map();
  const refused: Refused = new Map();
  const tallies = new Tallies();
  for (const [index, [demand, given]] of demands.entries()) {
    const outcome = outcomes[index];
    if (!outcome?.ok || !outcome.item) {
      const found = outcome && !outcome.ok ? outcome.item : undefined;
      refused.set(demand, found && { state: String(found.state), attempt: Number(found.attempt) });
      continue;
    }
    const task = fromItem<Task>(outcome.item);
    const order = { ...taskOrder(ctx, demand.supply.job, task), slots: demand.slots };
    const each = instanceOrders(ctx, task, order, given);
    for (const [place, { room, lease }] of given.entries()) {
      const held = orders.get(room);
      const own = each[place] ?? order;
      if (held) held.tasks.push(own);
      else orders.set(room, { lease, tasks: [own] });
      room.free -= demand.slots;
      room.busy = true;
    }
    tallies.moved(task, "active", "running", task.spec.requiredSlots);
  }
  await tallies.save(ctx);
  return { orders, refused };
}

/** A lease of which no task could be assigned is nobody's: its node never hears of it. */
async function dropEmptyLeases(ctx: Context, pool: Pool, handed: readonly Handed[], orders: Orders): Promise<void> {
  const empty = new Map(handed.filter(({ room }) => !orders.has(room)).map(({ room, lease }) => [lease, room.nodeId]));
  await dropInstances(
    ctx,
    instancesOf(
      pool,
      handed.filter(({ lease }) => empty.has(lease)),
    ),
  );
  await writeAll(
    ctx,
    [...empty].map(([lease, nodeId]) => ({ kind: "delete", key: ctx.keys.lease(pool.id, nodeId, lease) })),
  );
}
