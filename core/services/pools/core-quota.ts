import { fromItem } from "../../domain/items.ts";
import { coresOf } from "../../domain/machine-size.ts";
import type { Pool } from "../../domain/pool.ts";
import type { Shortfall } from "../../ports/fleet.ts";
import type { Target } from "../../scheduling/resize.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";

/** Of the nodes that a pool wants more, those that the account's quota of cores allows; why not all of them, where it is not all. */
export async function withinCoreQuota(ctx: Context, pool: Pool, wanted: Target): Promise<{ granted: Target; shortfall?: Shortfall }> {
  const { coreQuota } = ctx.settings;
  if (!coreQuota) return { granted: wanted };
  const used = { dedicated: 0, lowPriority: 0 };
  for await (const page of everyPage(ctx, ctx.keys.pools())) {
    for (const item of page) {
      const other = fromItem<Pool>(item);
      const cores = coresOf(other.spec.vmSize);
      used.dedicated += cores * (other.currentDedicatedNodes + (other.wave?.dedicated ?? 0));
      used.lowPriority += cores * (other.currentLowPriorityNodes + (other.wave?.lowPriority ?? 0));
    }
  }
  const cores = coresOf(pool.spec.vmSize);
  const most = (kind: keyof Target) => Math.max(0, Math.min(wanted[kind], Math.floor((coreQuota[kind] - used[kind]) / cores)));
  const granted = { dedicated: most("dedicated"), lowPriority: most("lowPriority") };
  const short = (["dedicated", "lowPriority"] as const).find((kind) => granted[kind] < wanted[kind]);
  if (!short) return { granted };
  const code = short === "dedicated" ? "AccountCoreQuotaReached" : "AccountLowPriorityCoreQuotaReached";
  const message = `The account may have ${coreQuota[short]} cores of this kind and has ${used[short]}: ${wanted[short] - granted[short]} nodes of ${cores} cores each were not started.`;
  return { granted, shortfall: { code, message } };
}
