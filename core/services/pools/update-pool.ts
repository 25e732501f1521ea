import { invalidProperty, Refusal } from "../../domain/errors.ts";
import { touch } from "../../domain/etag.ts";
import { mostSlots } from "../../domain/machine-size.ts";
import type { Pool } from "../../domain/pool.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import type { PoolSpec } from "../../domain/specs.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";

/** Properties of a pool's spec to set; null clears one, what is not named stays. */
export type PoolChanges = { readonly [property: string]: unknown };

/** What nodes may take over while they are there; all else is theirs from their beginning. */
const ANY_TIME: ReadonlySet<string> = new Set([
  "startTask",
  "certificateReferences",
  "applicationPackageReferences",
  "metadata",
  "targetNodeCommunicationMode",
]);

/**
 * Changes a pool's properties. A new start task runs on each node at its next start. Refuses PoolBeingDeleted, and OperationInvalidForCurrentState where a
 * property is to change that only a pool without nodes may change.
 */
export async function updatePool(ctx: Context, poolId: string, changes: PoolChanges, pre?: Preconditions): Promise<Pool> {
  const now = ctx.clock.now();
  const fixed = Object.keys(changes).find((name) => !ANY_TIME.has(name));
  return change<Pool>(ctx, ctx.keys.pool(poolId), "PoolNotFound", (pool) => {
    checkPreconditions(pool, pre, false);
    if (pool.state === "deleting") throw new Refusal("PoolBeingDeleted");
    if (fixed !== undefined && !isEmpty(pool)) {
      throw new Refusal(
        "OperationInvalidForCurrentState",
        { PropertyName: fixed },
        `${fixed} can change only while the pool has no nodes. Resize the pool to 0 first.`,
      );
    }
    const spec = Object.fromEntries(Object.entries({ ...pool.spec, ...changes }).filter(([, value]) => value !== null)) as PoolSpec;
    if (spec.taskSlotsPerNode > mostSlots(spec.vmSize)) {
      throw invalidProperty(
        "taskSlotsPerNode",
        spec.taskSlotsPerNode,
        `Nodes of the size ${spec.vmSize} have at most ${mostSlots(spec.vmSize)} slots.`,
      );
    }
    return { ...touch(pool, now), spec };
  });
}

function isEmpty(pool: Pool): boolean {
  return pool.allocationState === "steady" && pool.currentDedicatedNodes + pool.currentLowPriorityNodes === 0;
}
