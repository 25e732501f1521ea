/**
 * Nodes that are gone, for whatever reason: their tasks go back to waiting (or to their end, where their user wanted that), and nothing of the
 * node stays. Runs inside the pool's pass, so that nothing is handed to the node meanwhile.
 */
import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import { machineIdOf } from "../../domain/node-id.ts";
import type { Lease } from "../../domain/ready.ts";
import { givenBack } from "../../domain/task-transitions.ts";
import type { LostNode } from "../../protocol/messages.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { noteEndedMembers } from "../gangs/record-members.ts";
import { Tallies } from "../jobs/counts.ts";
import { settleIfComplete } from "../jobs/settle-job.ts";
import { allItems } from "../listing.ts";
import { isSilent } from "../nodes/is-silent.ts";
import { followEnds } from "../reports/follow-ends.ts";
import { takeSteps } from "../tasks/give-back.ts";
import { readHeld } from "../tasks/leased-tasks.ts";

/** Answers how many nodes went. */
export async function loseNodes(ctx: Context, poolId: string, lost: readonly LostNode[]): Promise<number> {
  let count = 0;
  for (const { nodeId, why } of lost) if (await loseNode(ctx, poolId, nodeId, why)) count++;
  return count;
}

async function loseNode(ctx: Context, poolId: string, nodeId: string, why: LostNode["why"]): Promise<boolean> {
  const item = await ctx.store.get(ctx.keys.node(poolId, nodeId));
  const node = item && fromItem<Node>(item);
  // It spoke after it was taken for silent: a late word is better than none.
  if (node && why === "silent" && !isSilent(ctx, node)) return false;
  // First the machine: a task that is given to another node must not run on here, where the node is only taken for gone.
  const machineId = machineIdOf(nodeId);
  if (machineId !== undefined) {
    await ctx.fleet.terminate({ poolId }, [machineId]);
    await ctx.nodes.remove(machineId);
  }
  await returnTasks(ctx, poolId, nodeId, node?.state === "leavingpool" ? "user" : "service");
  await ctx.store.write({ kind: "delete", key: ctx.keys.offer(poolId, nodeId) });
  if (!node) return false;
  await ctx.store.write({ kind: "delete", key: ctx.keys.node(poolId, nodeId) });
  ctx.log("info", "node gone", { poolId, nodeId, why });
  return true;
}

/** Gives back every task that the leases say the node has, then takes the leases away. */
export async function returnTasks(ctx: Context, poolId: string, nodeId: string, cause: "user" | "service"): Promise<void> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(poolId), prefix: `${nodeId.toLowerCase()}#` });
  if (leases.length === 0) return;
  const now = ctx.clock.now();
  const tallies = new Tallies();
  const leased = leases.flatMap((lease) => fromItem<Lease>(lease).tasks);
  const steps = (await readHeld(ctx, nodeId, leased)).map(({ task }) => ({ task, ...givenBack(task, cause, now) }));
  // What ran here of a gang has ended, whatever becomes of the others.
  await noteEndedMembers(
    ctx,
    leased.flatMap((task) => (task.member ? [{ task, member: task.member }] : [])),
  );
  await followEnds(ctx, await takeSteps(ctx, steps, tallies));
  await settleIfComplete(ctx, await tallies.save(ctx));
  await writeAll(
    ctx,
    leases.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
  );
}
