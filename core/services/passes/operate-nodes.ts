/**
 * Nodes that are to be restarted, stopped or set offline as soon as they hold no task. Runs inside the pool's pass, so that nothing is handed to them
 * meanwhile. What they hold is in the leases; a node that was told to end its tasks and does not within the time of a lost one is restarted all the same,
 * and its tasks go back.
 */
import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { Lease } from "../../domain/ready.ts";
import type { NodeToOperate } from "../../protocol/messages.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { changeNode, movedTo, unlessGone } from "../nodes/change-node.ts";
import { goesOffline } from "../nodes/drain-node.ts";
import { readHeld } from "../tasks/leased-tasks.ts";
import { returnTasks } from "./lose-nodes.ts";

const AT_ONCE = 20;

export async function operateNodes(ctx: Context, poolId: string, nodes: readonly NodeToOperate[]): Promise<void> {
  for (const some of slices(nodes, AT_ONCE)) await Promise.all(some.map((one) => operateNode(ctx, poolId, one)));
}

async function operateNode(ctx: Context, poolId: string, { nodeId, drained }: NodeToOperate): Promise<void> {
  const item = await ctx.store.get(ctx.keys.node(poolId, nodeId));
  const node = item && fromItem<Node>(item);
  if (!node || node.state === "leavingpool") return;
  if (node.operation) {
    if (await mayGoOn(ctx, node, drained)) await restart(ctx, node);
  } else if (goesOffline(node) && !(await holdsTasks(ctx, node))) {
    await unlessGone(changeNode(ctx, poolId, nodeId, (found) => (goesOffline(found) ? movedTo("offline", ctx.clock.now()) : undefined)));
  }
}

async function mayGoOn(ctx: Context, node: Node, drained: number | undefined): Promise<boolean> {
  const { kind, how, since } = node.operation as NonNullable<Node["operation"]>;
  if (kind === "start") return true;
  // Only the node itself knows how long it is to keep what its tasks left.
  if (how === "retaineddata") return drained === node.order;
  if (!(await holdsTasks(ctx, node))) return true;
  return how !== "taskcompletion" && ctx.clock.now() - since >= ctx.settings.lostAfterSeconds * 1000;
}

/** The machine first: when it has been restarted, what ran there has ended, and can run elsewhere. */
async function restart(ctx: Context, node: Node): Promise<void> {
  const ref = { poolId: node.poolId };
  const { kind, since, osVersion } = node.operation as NonNullable<Node["operation"]>;
  if (kind === "reboot") await ctx.fleet.reboot(ref, [node.machineId]);
  else if (kind === "reimage" || kind === "upgrade") await ctx.fleet.reimage(ref, [node.machineId]);
  else if (kind === "start") await ctx.fleet.start(ref, [node.machineId]);
  else await ctx.fleet.stop(ref, [node.machineId]);
  await returnTasks(ctx, node.poolId, node.id, "user");
  const now = ctx.clock.now();
  await unlessGone(
    changeNode(ctx, node.poolId, node.id, (found) => {
      if (found.operation?.kind !== kind || found.operation.since !== since) return undefined;
      const nothingRuns = { operation: undefined, runningTasks: 0, runningSlots: 0, lastSeen: new Date(now).toISOString() };
      if (kind === "deallocate") return { ...nothingRuns, ...movedTo("deallocated", now) };
      return osVersion === undefined ? nothingRuns : { ...nothingRuns, osVersion };
    }),
  );
}

async function holdsTasks(ctx: Context, node: Node): Promise<boolean> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(node.poolId), prefix: `${node.id.toLowerCase()}#` });
  const leased = leases.flatMap((lease) => fromItem<Lease>(lease).tasks);
  return (await readHeld(ctx, node.id, leased)).length > 0;
}
