import { nodeIdOf } from "../../domain/node-id.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";

/**
 * A machine has ended, or is about to: its node's tasks go back at once, not when it is missed. A machine that is no node's (any more) changes
 * nothing.
 */
export async function machineGone(ctx: Context, machine: { machineId: string; poolId: string; dedicated: boolean }): Promise<void> {
  const nodeId = nodeIdOf(machine);
  if (!(await ctx.store.get(ctx.keys.node(machine.poolId, nodeId)))) return;
  await ring(ctx, { pool: { poolId: machine.poolId }, lost: [{ nodeId, why: "gone" }] });
}
