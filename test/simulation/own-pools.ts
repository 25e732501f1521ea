import type { AutoPoolSpecification, PoolInfo } from "../../core/domain/specs.ts";
import type { Random } from "./random.ts";

export const OWN_POOL_SLOTS = 4;

/** What a pool of a job's own, or of a schedule's jobs, is asked to be. */
export function ownPool(random: Random, lifetime: AutoPoolSpecification["poolLifetimeOption"], nodes: number): PoolInfo {
  const pool = {
    vmSize: "small",
    resizeTimeout: "PT15M",
    targetDedicatedNodes: nodes,
    targetLowPriorityNodes: 0,
    taskSlotsPerNode: OWN_POOL_SLOTS,
    taskSchedulingPolicy: { nodeFillType: "spread" as const },
  };
  return { autoPoolSpecification: { autoPoolIdPrefix: "own", poolLifetimeOption: lifetime, keepAlive: random.chance(0.2), pool } };
}
