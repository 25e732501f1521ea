/** A pool's nodes are made to fit its target: machines are asked of the fleet, or told to leave. Runs inside the pool's pass. */
import { fromItem, toItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import { nodeIdOf } from "../../domain/node-id.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Machine } from "../../ports/fleet.ts";
import { planResize, type ResizePlan } from "../../scheduling/resize.ts";
import { writeAll } from "../batches.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { ensureTimer } from "../sweeps/pool-timer.ts";
import { finishResize } from "./finish-resize.ts";

export async function fitPool(ctx: Context, seen: Pool): Promise<void> {
  const pool = await launchWave(ctx, seen);
  const nodes = await readNodes(ctx, pool);
  const named = pool.allocationState === "resizing" ? pool.resize?.remove : undefined;
  const plan = planResize(nodes, targetOf(pool, nodes), new Set(named));
  // A pool that is being deleted waits for nobody's tasks.
  const lingering =
    pool.state === "deleting" ? nodes.filter((node) => node.leaving === "taskcompletion" || node.leaving === "retaineddata") : [];
  await dismiss(ctx, pool, [...plan.remove, ...lingering]);
  const wanted = plan.launch.dedicated + plan.launch.lowPriority;
  const short = pool.allocationState === "resizing" || nodes.length < pool.currentDedicatedNodes + pool.currentLowPriorityNodes;
  if (wanted === 0 || !short) return finishResize(ctx, pool, await readNodes(ctx, pool));
  const asked = await change<Pool>(ctx, ctx.keys.pool(pool.id), "PoolNotFound", (found) =>
    found.state === "active" ? { wave: { id: ctx.ids.next(), ...plan.launch } } : undefined,
  );
  const launched = await launchWave(ctx, asked);
  await finishResize(ctx, launched, await readNodes(ctx, launched));
}

/** The nodes that the pool should have now: none when it is being deleted, those it has when its resize was stopped. */
function targetOf(pool: Pool, nodes: readonly Node[]): ResizePlan["launch"] {
  if (pool.state === "deleting") return { dedicated: 0, lowPriority: 0 };
  if (pool.allocationState === "stopping") {
    const staying = nodes.filter((node) => node.state !== "leavingpool");
    return { dedicated: staying.filter((node) => node.dedicated).length, lowPriority: staying.filter((node) => !node.dedicated).length };
  }
  return { dedicated: pool.spec.targetDedicatedNodes, lowPriority: pool.spec.targetLowPriorityNodes };
}

/** Asks the fleet for the wave that the pool's item speaks of, if any, and writes its nodes down. The wave stays until they are: see Pool.wave. */
async function launchWave(ctx: Context, pool: Pool): Promise<Pool> {
  const { wave } = pool;
  if (!wave) return pool;
  await ensureTimer(ctx, pool);
  const ref = { poolId: pool.id };
  const { machines, shortfall } = await ctx.fleet.launch({
    pool: ref,
    wave: wave.id,
    dedicated: wave.dedicated,
    lowPriority: wave.lowPriority,
    vmSize: pool.spec.vmSize,
  });
  await writeAll(
    ctx,
    machines.map((machine) => ({ kind: "insert", item: newNode(ctx, pool, machine) })),
  );
  return change<Pool>(ctx, ctx.keys.pool(pool.id), "PoolNotFound", () => ({
    wave: undefined,
    ...(shortfall ? { resizeErrors: [{ code: shortfall.code, message: shortfall.message }] } : {}),
  }));
}

function newNode(ctx: Context, pool: Pool, machine: Machine) {
  const at = new Date(ctx.clock.now()).toISOString();
  const node: Node = {
    id: nodeIdOf(machine),
    poolId: pool.id,
    rev: 1,
    machineId: machine.machineId,
    state: "creating",
    stateTransitionTime: at,
    schedulingState: "enabled",
    allocationTime: at,
    ipAddress: machine.ipAddress,
    vmSize: pool.spec.vmSize,
    dedicated: machine.dedicated,
    slots: pool.spec.taskSlotsPerNode,
    boot: 0,
    order: 0,
    lastSeen: at,
    totalTasksRun: 0,
    totalTasksSucceeded: 0,
    runningTasks: 0,
    runningSlots: 0,
  };
  return toItem(ctx.keys.node(pool.id, node.id), node);
}

/** Tells nodes to leave. One that does not answer in time is found by a sweep, and taken for gone. */
async function dismiss(ctx: Context, pool: Pool, nodes: readonly Node[]): Promise<void> {
  const at = new Date(ctx.clock.now()).toISOString();
  const leaving = pool.resize?.deallocation ?? "requeue";
  await writeAll(
    ctx,
    nodes.map((node) => ({
      kind: "update",
      key: ctx.keys.node(pool.id, node.id),
      set: { state: "leavingpool", stateTransitionTime: at, leaving },
      remove: ["operation"],
    })),
  );
  for (const node of nodes) await ctx.nodes.send(node.machineId, [{ kind: "leave", how: leaving }]);
}

async function readNodes(ctx: Context, pool: Pool): Promise<Node[]> {
  return (await allItems(ctx, ctx.keys.nodes(pool.id))).map((item) => fromItem<Node>(item));
}
