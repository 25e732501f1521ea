import type { Schedule } from "../../domain/schedule.ts";
import type { Context } from "../context.ts";
import { endAutoPool } from "../pools/end-auto-pool.ts";

/** Ends the pools of a schedule that has come to its end itself. May be repeated. */
export async function endPools(ctx: Context, schedule: Schedule): Promise<void> {
  const { autoPoolSpecification } = schedule.spec.jobSpecification.poolInfo;
  if (schedule.autoPoolId !== undefined) await endAutoPool(ctx, schedule.autoPoolId, schedule.uid, autoPoolSpecification?.keepAlive);
  await endFormerPools(ctx, schedule);
}

/** Ends the pools of a schedule's earlier specifications. */
export async function endFormerPools(ctx: Context, schedule: Schedule): Promise<void> {
  for (const poolId of schedule.formerPools ?? []) await endAutoPool(ctx, poolId, schedule.uid);
}
