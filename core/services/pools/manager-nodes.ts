import { fromItem } from "../../domain/items.ts";
import type { Lease } from "../../domain/ready.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { readTasks } from "../tasks/leased-tasks.ts";

/** The nodes of the pool on which a job manager runs, by their ids in lower case; by its leases. */
export async function managerNodes(ctx: Context, poolId: string): Promise<ReadonlySet<string>> {
  const leases = await allItems(ctx, { pk: ctx.keys.leases(poolId) });
  const managers = await readTasks(
    ctx,
    leases.flatMap((item) => fromItem<Lease>(item).tasks).filter(({ manager }) => manager),
  );
  return new Set(managers.flatMap(({ node }) => (node ? [node.nodeId.toLowerCase()] : [])));
}
