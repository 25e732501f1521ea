import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { PoolRef } from "../../domain/refs.ts";
import type { LostNode } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { ring } from "../ring.ts";

/** States in which a node is expected to speak. */
const SPEAKS = new Set(["idle", "running", "starting", "waitingforstarttask", "starttaskfailed", "leavingpool"]);

/** Looks at a pool from time to time, and keeps its own timer alive as long as the pool is there. */
export async function sweepPool(ctx: Context, ref: PoolRef): Promise<void> {
  if (!(await checkPool(ctx, ref))) return;
  await ctx.work.send([{ body: { kind: "sweep-pool", pool: ref }, delaySeconds: ctx.settings.sweepSeconds }]);
}

/**
 * Finds the nodes of a pool that are silent, or whose machines are gone, and machines that are no node's; rings for a look at everything
 * else. False where there is no such pool.
 */
export async function checkPool(ctx: Context, ref: PoolRef): Promise<boolean> {
  // In this order: a node that was there before the machines were listed has its machine among them, or it is gone; a machine that
  // was listed before the nodes were read again has its node among them, or it is nobody's.
  const nodes = await readNodes(ctx, ref);
  const machines = await ctx.fleet.list(ref);
  const item = await ctx.store.get(ctx.keys.pool(ref.poolId));
  const pool = item && fromItem<Pool>(item);
  if (!pool?.wave) {
    const owned = new Set((await readNodes(ctx, ref)).map((node) => node.machineId));
    const orphans = machines.map((machine) => machine.machineId).filter((id) => !owned.has(id));
    if (orphans.length > 0) await ctx.fleet.terminate(ref, orphans);
  }
  if (!pool) return false;
  const living = new Set(machines.map((machine) => machine.machineId));
  const silentSince = ctx.clock.now() - ctx.settings.lostAfterSeconds * 1000;
  const lost: LostNode[] = [];
  for (const node of nodes) {
    if (!living.has(node.machineId)) lost.push({ nodeId: node.id, why: "gone" });
    else if (SPEAKS.has(node.state) && Date.parse(node.lastSeen) < silentSince) lost.push({ nodeId: node.id, why: "silent" });
  }
  await ring(ctx, { pool: ref, fit: true, ...(lost.length > 0 ? { lost } : {}) });
  return true;
}

async function readNodes(ctx: Context, ref: PoolRef): Promise<Node[]> {
  return (await allItems(ctx, ctx.keys.nodes(ref.poolId))).map((item) => fromItem<Node>(item));
}
