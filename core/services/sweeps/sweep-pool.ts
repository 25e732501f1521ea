import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { PoolRef } from "../../domain/refs.ts";
import type { Machine } from "../../ports/fleet.ts";
import type { LostNode, NodeToOperate } from "../../protocol/messages.ts";
import { countUsable, takesGangs } from "../../scheduling/gangs.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { goesOffline, tellDrain } from "../nodes/drain-node.ts";
import { isSilent, isUnknown } from "../nodes/is-silent.ts";
import { markUnknown } from "../nodes/node-health.ts";
import { ring } from "../ring.ts";
import { endTimer, renewTimer } from "./pool-timer.ts";

/** The pool's timer went off. It ends when the pool has no nodes and wants none; a timer that was replaced does nothing. */
export async function sweepPool(ctx: Context, ref: PoolRef, token: string): Promise<void> {
  const item = await ctx.store.get(ctx.keys.pool(ref.poolId));
  if (!item || fromItem<Pool>(item).sweep?.token !== token) return;
  const resting = await checkPool(ctx, ref);
  if (resting) await endTimer(ctx, ref, token);
  else await renewTimer(ctx, ref, token);
}

/**
 * Finds the nodes of a pool that are silent, or whose machines are gone, and machines that are no node's; rings for a look at everything
 * else. True where the pool has no nodes and wants none.
 */
export async function checkPool(ctx: Context, ref: PoolRef): Promise<boolean> {
  // In this order: a node that was there before the machines were listed has its machine among them, or it is gone; a machine that
  // was listed before the nodes were read again has its node among them, or it is nobody's.
  const nodes = await readNodes(ctx, ref);
  const machines = await ctx.fleet.list(ref);
  const item = await ctx.store.get(ctx.keys.pool(ref.poolId));
  const pool = item && fromItem<Pool>(item);
  if (!pool?.wave) {
    const unknown = without(machines, nodes);
    const orphans = unknown.length > 0 ? without(unknown, await readNodes(ctx, ref)) : [];
    if (orphans.length > 0)
      await ctx.fleet.terminate(
        ref,
        orphans.map((machine) => machine.machineId),
      );
  }
  if (!pool) return true;
  const living = new Set(machines.map((machine) => machine.machineId));
  const silentSince = ctx.clock.now() - ctx.settings.lostAfterSeconds * 1000;
  const lost: LostNode[] = [];
  for (const node of nodes) {
    if (!living.has(node.machineId) && !rests(node)) lost.push({ nodeId: node.id, why: "gone" });
    else if (node.state === "leavingpool" && (await isOverdue(ctx, node, silentSince))) lost.push({ nodeId: node.id, why: "left" });
    else if (isSilent(ctx, node)) lost.push({ nodeId: node.id, why: "silent" });
    else if (isUnknown(ctx, node)) await markUnknown(ctx, node);
  }
  if (nodes.length === 0 && pool.allocationState === "steady" && pool.currentDedicatedNodes + pool.currentLowPriorityNodes === 0)
    return true;
  await noteUsable(ctx, pool, nodes);
  const operate = await drainAgain(ctx, nodes);
  await ring(ctx, { pool: ref, fit: true, ...(lost.length > 0 ? { lost } : {}), ...(operate.length > 0 ? { operate } : {}) });
  return false;
}

/** How many nodes a multi-instance task could have: nothing is kept free for one that needs more. */
async function noteUsable(ctx: Context, pool: Pool, nodes: readonly Node[]): Promise<void> {
  const usableNodes = takesGangs(pool) ? countUsable(nodes) : undefined;
  if (usableNodes !== pool.usableNodes && usableNodes !== undefined)
    await ctx.store.write({ kind: "update", key: ctx.keys.pool(pool.id), set: { usableNodes } });
}

/** The machines that none of the nodes has. */
function without(machines: readonly Machine[], nodes: readonly Node[]): Machine[] {
  const owned = new Set(nodes.map((node) => node.machineId));
  return machines.filter((machine) => !owned.has(machine.machineId));
}

/** Has no machine that runs, or may have none: its state says so. */
function rests(node: Node): boolean {
  return node.state === "deallocated" || node.state === "deallocating" || node.operation?.kind === "start";
}

/** Nodes that wait to be drained are told once more, and looked at. */
async function drainAgain(ctx: Context, nodes: readonly Node[]): Promise<NodeToOperate[]> {
  const waiting = nodes.filter((node) => node.state !== "leavingpool" && (node.operation !== undefined || goesOffline(node)));
  for (const node of waiting) await tellDrain(ctx, node);
  return waiting.map((node) => ({ nodeId: node.id }));
}

/** A node that was told to leave long ago has to; one that has time left, or may finish its tasks, is told again, as its agent may be another by now. */
async function isOverdue(ctx: Context, node: Node, limit: number): Promise<boolean> {
  if (node.leaving !== "taskcompletion" && node.leaving !== "retaineddata" && Date.parse(node.stateTransitionTime) < limit) return true;
  await ctx.nodes.send(node.machineId, [{ kind: "leave", how: node.leaving ?? "requeue" }]);
  return false;
}

async function readNodes(ctx: Context, ref: PoolRef): Promise<Node[]> {
  return (await allItems(ctx, ctx.keys.nodes(ref.poolId))).map((item) => fromItem<Node>(item));
}
