/** A pool's nodes are made to fit its target: machines are asked of the fleet, or told to leave. Runs inside the pool's pass. */
import { fromItem, toItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import { nodeIdOf } from "../../domain/node-id.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Machine } from "../../ports/fleet.ts";
import { planResize, type ResizePlan } from "../../scheduling/resize.ts";
import { slices, writeAll } from "../batches.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { ensureTimer } from "../sweeps/pool-timer.ts";
import { withinCoreQuota } from "./core-quota.ts";
import { finishResize } from "./finish-resize.ts";
import { managerNodes } from "./manager-nodes.ts";
import { imageOf, osVersionOf } from "./pool-image.ts";
import { upgradeNodes } from "./upgrade-nodes.ts";

const TOLD_AT_ONCE = 50;

/** Reads the pool's nodes once. */
export async function fitPool(ctx: Context, seen: Pool): Promise<void> {
  const { pool } = await launchWave(ctx, seen);
  const nodes = (await allItems(ctx, ctx.keys.nodes(pool.id))).map((item) => fromItem<Node>(item));
  const named = pool.allocationState === "resizing" ? pool.resize?.remove : undefined;
  const target = targetOf(pool, nodes);
  const some = target.dedicated + target.lowPriority > 0 && nodes.length > target.dedicated + target.lowPriority;
  const plan = planResize(nodes, target, new Set(named), some ? await managerNodes(ctx, pool.id) : undefined);
  // A pool that is being deleted waits for nobody's tasks.
  const lingering =
    pool.state === "deleting" ? nodes.filter(({ leaving }) => leaving === "taskcompletion" || leaving === "retaineddata") : [];
  const present = await dismiss(ctx, pool, nodes, [...plan.remove, ...lingering]);
  await upgradeNodes(ctx, pool, present);
  const wanted = plan.launch.dedicated + plan.launch.lowPriority;
  const short = pool.allocationState === "resizing" || nodes.length < pool.currentDedicatedNodes + pool.currentLowPriorityNodes;
  if (wanted === 0 || !short) return finishResize(ctx, pool, present);
  const { granted, shortfall } = await withinCoreQuota(ctx, pool, plan.launch);
  const asked = await change<Pool>(ctx, ctx.keys.pool(pool.id), "PoolNotFound", (found) =>
    found.state === "active"
      ? {
          ...(granted.dedicated + granted.lowPriority > 0 ? { wave: { id: ctx.ids.next(), ...granted } } : {}),
          ...(shortfall ? { resizeErrors: [{ code: shortfall.code, message: shortfall.message }] } : {}),
        }
      : undefined,
  );
  const launched = await launchWave(ctx, asked);
  await finishResize(ctx, launched.pool, [...present, ...launched.nodes]);
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
async function launchWave(ctx: Context, pool: Pool): Promise<{ pool: Pool; nodes: readonly Node[] }> {
  const { wave } = pool;
  if (!wave) return { pool, nodes: [] };
  await ensureTimer(ctx, pool);
  const image = imageOf(pool.spec);
  const { machines, shortfall } = await ctx.fleet.launch({
    pool: { poolId: pool.id },
    wave: wave.id,
    dedicated: wave.dedicated,
    lowPriority: wave.lowPriority,
    vmSize: pool.spec.vmSize,
    ...(image ? { image } : {}),
    ...(pool.spec.enableInterNodeCommunication === true ? { interNode: true as const } : {}),
  });
  const nodes = machines.map((machine) => newNode(ctx, pool, machine));
  await writeAll(
    ctx,
    nodes.map((node) => ({ kind: "insert", item: toItem(ctx.keys.node(pool.id, node.id), node) })),
  );
  const changed = await change<Pool>(ctx, ctx.keys.pool(pool.id), "PoolNotFound", () => ({
    wave: undefined,
    ...(shortfall ? { resizeErrors: [{ code: shortfall.code, message: shortfall.message }] } : {}),
  }));
  return { pool: changed, nodes };
}

function newNode(ctx: Context, pool: Pool, machine: Machine): Node {
  const at = new Date(ctx.clock.now()).toISOString();
  const osVersion = osVersionOf(pool.spec);
  return {
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
    ...(osVersion === undefined ? {} : { osVersion }),
  };
}

/** Tells some of the pool's nodes to leave; answers all of them as they are then. One that does not answer in time is found by a sweep, and taken for gone. */
async function dismiss(ctx: Context, pool: Pool, nodes: readonly Node[], going: readonly Node[]): Promise<readonly Node[]> {
  if (going.length === 0) return nodes;
  const leaving = pool.resize?.deallocation ?? "requeue";
  const changes = { state: "leavingpool", stateTransitionTime: new Date(ctx.clock.now()).toISOString(), leaving } as const;
  await writeAll(
    ctx,
    going.map((node) => ({ kind: "update", key: ctx.keys.node(pool.id, node.id), set: changes, remove: ["operation"] })),
  );
  for (const some of slices(going, TOLD_AT_ONCE))
    await Promise.all(some.map((node) => ctx.nodes.send(node.machineId, [{ kind: "leave", how: leaving }])));
  const ids = new Set(going.map((node) => node.id));
  return nodes.map((node) => (ids.has(node.id) ? { ...node, ...changes } : node));
}
