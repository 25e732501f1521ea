/**
 * What nodes report. Results first, each on condition of its attempt, so that a report on an old attempt, or the same report again, changes
 * nothing; then what follows from them (counts, leases, the nodes' own items); last the doorbell of each pool. `again`: some of them were
 * delivered before, and may have been recorded in part.
 */
import { nodeIdOf } from "../../domain/node-id.ts";
import type { NodeEnvelope, NodeEvent, NodeOffer, NodeToOperate } from "../../protocol/messages.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";
import { recordCoordinated } from "../gangs/record-coordinated.ts";
import { Tallies } from "../jobs/counts.ts";
import { recountReported } from "../jobs/recount-after.ts";
import { settleIfComplete } from "../jobs/settle-job.ts";
import { ring } from "../ring.ts";
import { closeLeases } from "./close-leases.ts";
import { type Ended, recordEnds } from "./record-ends.ts";
import { recordNodeEvent } from "./record-node-event.ts";

/** A node and its offer are two keys of the hundred that one read takes. */
const MOST_LOOKED_AT = 50;

export async function recordReports(ctx: Context, envelopes: readonly NodeEnvelope[], again = false): Promise<void> {
  if (again) await recountReported(ctx, envelopes);
  const tallies = new Tallies();
  const stopped = await recordEnds(ctx, envelopes.flatMap(ends), tallies);
  const quiet = await tallies.save(ctx);
  await recordCoordinated(
    ctx,
    envelopes.flatMap(({ report }) => report.events.filter((event) => event.kind === "coordinated")),
  );
  await closeLeases(ctx, envelopes);
  for (const envelope of envelopes) {
    for (const event of envelope.report.events)
      await recordNodeEvent(ctx, { poolId: envelope.poolId, nodeId: nodeIdOf(envelope) }, envelope, event);
  }
  await ringPools(ctx, envelopes, await knownIdle(ctx, envelopes));
  await settleIfComplete(ctx, quiet);
  for (const { poolId, job } of stopped) await ring(ctx, { pool: { poolId }, settle: [job] });
}

function ends(envelope: NodeEnvelope): Ended[] {
  const nodeId = nodeIdOf(envelope);
  return envelope.report.events.flatMap((event) =>
    event.kind === "task-finished" || event.kind === "task-returned" ? [{ poolId: envelope.poolId, nodeId, event }] : [],
  );
}

/** One ring a pool: the last load of each of its nodes, and who left. */
async function ringPools(ctx: Context, envelopes: readonly NodeEnvelope[], known: ReadonlySet<string>): Promise<void> {
  const pools = new Map<string, { offers: Map<string, NodeOffer>; left: string[]; operate: NodeToOperate[] }>();
  for (const envelope of envelopes) {
    const nodeId = nodeIdOf(envelope);
    let pool = pools.get(envelope.poolId);
    if (!pool) {
      pool = { offers: new Map(), left: [], operate: [] };
      pools.set(envelope.poolId, pool);
    }
    for (const event of envelope.report.events) if (event.kind === "drained") pool.operate.push({ nodeId, drained: event.order });
    if (envelope.report.events.some((event) => event.kind === "left")) pool.left.push(nodeId);
    else if (envelope.report.events.some((event) => changesLoad(event) || (event.kind === "heartbeat" && !known.has(nodeId))))
      pool.offers.set(nodeId, { nodeId, load: envelope.report.load });
  }
  const rings = [...pools].map(([poolId, { offers, left, operate }]) => ({
    pool: { poolId },
    ...(offers.size > 0 ? { offers: [...offers.values()] } : {}),
    ...(operate.length > 0 ? { operate } : {}),
    ...(left.length > 0 ? { lost: left.map((nodeId) => ({ nodeId, why: "left" as const })) } : {}),
  }));
  await ring(ctx, ...rings.filter((one) => one.offers ?? one.lost ?? one.operate));
}

function changesLoad(event: NodeEvent): boolean {
  return event.kind === "ready" || event.kind === "task-finished" || event.kind === "task-returned";
}

/**
 * A heartbeat brings back what a lost ring had said: of the nodes that speak of nothing else and hold no task, those whose state and room are known as
 * they say, so that no pass need look.
 */
async function knownIdle(ctx: Context, envelopes: readonly NodeEnvelope[]): Promise<ReadonlySet<string>> {
  const last = [...new Map(envelopes.map((envelope) => [`${envelope.poolId}/${nodeIdOf(envelope)}`, envelope])).values()];
  const idle = last.filter(({ report }) => report.load.busy === 0 && report.events.every((event) => event.kind === "heartbeat"));
  const known = new Set<string>();
  for (const some of slices(idle, MOST_LOOKED_AT)) {
    const keys = some.flatMap((envelope) => {
      const nodeId = nodeIdOf(envelope);
      return [ctx.keys.node(envelope.poolId, nodeId), ctx.keys.offer(envelope.poolId, nodeId)];
    });
    const items = await ctx.store.getMany(keys);
    for (const [index, envelope] of some.entries()) {
      const [node, offer] = [items[2 * index], items[2 * index + 1]];
      const takes = node?.schedulingState === "enabled" && !node.operation;
      const settled = takes ? node?.state === "idle" && offer?.free === envelope.report.load.want : node?.state === "offline";
      if (settled) known.add(nodeIdOf(envelope));
    }
  }
  return known;
}
