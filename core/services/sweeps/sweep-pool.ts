import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { Pool } from "../../domain/pool.ts";
import type { PoolRef } from "../../domain/refs.ts";
import type { LostNode } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";
import { ring } from "../ring.ts";

/** States in which a node is expected to speak. */
const SPEAKS = new Set(["idle", "running", "starting", "waitingforstarttask", "starttaskfailed", "leavingpool"]);

/** Looks at a pool from time to time, and keeps its own timer alive as long as the pool is there: silent nodes, resizes whose time is over, lost rings. */
export async function sweepPool(ctx: Context, ref: PoolRef): Promise<void> {
  const item = await ctx.store.get(ctx.keys.pool(ref.poolId));
  if (!item) return;
  const pool = fromItem<Pool>(item);
  const lost: LostNode[] = [];
  const silentSince = ctx.clock.now() - ctx.settings.lostAfterSeconds * 1000;
  for await (const page of everyPage(ctx, ctx.keys.nodes(pool.id))) {
    for (const nodeItem of page) {
      const node = fromItem<Node>(nodeItem);
      if (SPEAKS.has(node.state) && Date.parse(node.lastSeen) < silentSince) lost.push({ nodeId: node.id, why: "silent" });
    }
  }
  await ring(ctx, { pool: ref, fit: true, ...(lost.length > 0 ? { lost } : {}) });
  await ctx.work.send([{ body: { kind: "sweep-pool", pool: ref }, delaySeconds: ctx.settings.sweepSeconds }]);
}
