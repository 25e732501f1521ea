/**
 * The rolling upgrade of a pool's nodes. Which of them have what version is on their items, so that it goes on after any crash, and a node that rested
 * meanwhile is upgraded when it is back. Runs inside the pool's pass.
 */
import { fromItem } from "../../domain/items.ts";
import type { Node, NodeState } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { NodeToOperate } from "../../protocol/messages.ts";
import { slices } from "../batches.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { unlessGone } from "../nodes/change-node.ts";
import { mayBeUpgraded, upgradeNode } from "../nodes/restart-node.ts";
import { ring } from "../ring.ts";
import { osVersionOf } from "./pool-image.ts";

/** One part in so many of a pool is upgraded at a time, as Azure's cloud services have five upgrade domains; of a small pool, one node. */
const PARTS = 5;
/** More at a time would bring the pool nothing, and its item a long list of changes at once. */
const MOST = 100;
const TOLD_AT_ONCE = 20;

/** On its way to being ready: what a node does when it was installed anew, too. */
const STARTING: ReadonlySet<NodeState> = new Set(["upgradingos", "starting", "waitingforstarttask"]);
/** Without a machine; it is upgraded when it is started. */
const RESTING: ReadonlySet<NodeState> = new Set(["deallocating", "deallocated"]);

/** Tells as many nodes of the pool to be upgraded as may be at once, and ends the upgrade when all are. */
export async function upgradeNodes(ctx: Context, pool: Pool, nodes: readonly Node[]): Promise<void> {
  const wanted = osVersionOf(pool.spec);
  if (wanted === undefined || pool.state === "deleting") return;
  const staying = nodes.filter((node) => node.state !== "leavingpool");
  const old = staying.filter((node) => node.osVersion !== wanted && !RESTING.has(node.state));
  const underway = staying.filter((node) => STARTING.has(node.state)).length;
  if (old.length === 0 && underway === 0) return endUpgrade(ctx, pool);
  const atOnce = Math.min(MOST, Math.max(1, Math.floor(staying.length / PARTS)));
  const next = old.filter(mayBeUpgraded).slice(0, Math.max(0, atOnce - underway));
  if (next.length === 0) return;
  const told: NodeToOperate[] = [];
  for (const some of slices(next, TOLD_AT_ONCE)) {
    const changed = await Promise.all(some.map((node) => unlessGone(upgradeNode(ctx, pool.id, node.id, wanted))));
    told.push(...changed.flatMap((node) => (node?.operation ? [{ nodeId: node.id }] : [])));
  }
  await ctx.store.write({ kind: "update", key: ctx.keys.pool(pool.id), set: { upgradeLeft: underway + told.length } });
  if (told.length > 0) await ring(ctx, { pool: { poolId: pool.id }, operate: told });
}

/** A node of an upgrade is ready, or never will be: the last of those that are upgraded together has the next ones told. What is missed here is a sweep's. */
export async function countUpgraded(ctx: Context, node: Node): Promise<void> {
  if (node.osVersion === undefined) return;
  const key = ctx.keys.pool(node.poolId);
  const pool = await ctx.store.get(key);
  if (!pool || !fromItem<Pool>(pool).upgrade) return;
  const { item } = await ctx.store.write({ kind: "update", key, add: { upgradeLeft: -1 } });
  if (item?.upgradeLeft === 0) await ring(ctx, { pool: { poolId: node.poolId }, fit: true });
}

async function endUpgrade(ctx: Context, pool: Pool): Promise<void> {
  if (!pool.upgrade) return;
  const stateTransitionTime = new Date(ctx.clock.now()).toISOString();
  await change<Pool>(ctx, ctx.keys.pool(pool.id), "PoolNotFound", (found) =>
    found.upgrade && found.state === "active" && osVersionOf(found.spec) === osVersionOf(pool.spec)
      ? { upgrade: undefined, upgradeLeft: undefined, stateTransitionTime }
      : undefined,
  );
}
