/**
 * What happens when a pool's doorbell rings. Rings of one pool come one batch at a time, so everything here is serial for the pool: nodes that
 * are gone give their tasks back, jobs between two states are settled, the pool is made to fit its target, and what waits is
 * handed to the nodes that have room; before that, nodes that are to be restarted and hold nothing any more are. Each part may be repeated, and may be cut short at any point: the next ring goes on. `again`: some of the rings were answered before, perhaps in part.
 */
import { fromItem } from "../../domain/items.ts";
import type { Pool } from "../../domain/pool.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { LostNode, NodeOffer, NodeToOperate, Ring } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { recountLeased } from "../jobs/recount-after.ts";
import { settleJob } from "../jobs/settle-job.ts";
import { fitPool } from "../pools/fit-pool.ts";
import { loseNodes } from "./lose-nodes.ts";
import { operateNodes } from "./operate-nodes.ts";
import { schedule } from "./schedule.ts";

export async function runPoolPass(ctx: Context, ringId: string, rings: readonly Ring[], again = false): Promise<void> {
  if (again) await recountLeased(ctx, ringId);
  const asked = merge(rings);
  const item = await ctx.store.get(ctx.keys.pool(ringId));
  const pool = item && fromItem<Pool>(item);
  // A job may name its pool in another case.
  const poolId = pool?.id ?? ringId;
  const lost = await loseNodes(ctx, poolId, asked.lost);
  for (const job of asked.settle) await settleJob(ctx, poolId, job);
  if (!pool) return;
  await operateNodes(ctx, poolId, asked.operate);
  if (asked.fit || lost > 0) await fitPool(ctx, pool);
  if (pool.state === "active") await schedule(ctx, pool, asked.offers);
}

interface Asked {
  readonly lost: LostNode[];
  readonly settle: JobRef[];
  readonly offers: NodeOffer[];
  readonly operate: NodeToOperate[];
  readonly fit: boolean;
}

/** Many rings, one pass: the last word of each node counts, and each job is settled once. */
function merge(rings: readonly Ring[]): Asked {
  const offers = new Map<string, NodeOffer>();
  const settle = new Map<string, JobRef>();
  const lost = new Map<string, LostNode>();
  const operate = new Map<string, NodeToOperate>();
  for (const ring of rings) {
    for (const offer of ring.offers ?? []) offers.set(offer.nodeId, offer);
    for (const job of ring.settle ?? []) settle.set(job.uid, job);
    for (const node of ring.lost ?? []) lost.set(node.nodeId, node);
    for (const node of ring.operate ?? []) if (node.drained !== undefined || !operate.has(node.nodeId)) operate.set(node.nodeId, node);
  }
  return {
    lost: [...lost.values()],
    settle: [...settle.values()],
    offers: [...offers.values()],
    operate: [...operate.values()],
    fit: rings.some((ring) => ring.fit),
  };
}
