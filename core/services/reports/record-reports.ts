/**
 * What nodes report. Results first, each on condition of its attempt, so that a report on an old attempt, or the same report again, changes
 * nothing; then what follows from them (counts, leases, the nodes' own items); last the doorbell of each pool. `again`: some of them were
 * delivered before, and may have been recorded in part.
 */
import { nodeIdOf } from "../../domain/node-id.ts";
import type { NodeEnvelope, NodeEvent, NodeOffer, NodeToOperate } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { Tallies } from "../jobs/counts.ts";
import { recountReported } from "../jobs/recount-after.ts";
import { settleIfComplete } from "../jobs/settle-job.ts";
import { ring } from "../ring.ts";
import { closeLeases } from "./close-leases.ts";
import { type Ended, recordEnds } from "./record-ends.ts";
import { recordNodeEvent } from "./record-node-event.ts";

export async function recordReports(ctx: Context, envelopes: readonly NodeEnvelope[], again = false): Promise<void> {
  if (again) await recountReported(ctx, envelopes);
  const tallies = new Tallies();
  const stopped = await recordEnds(ctx, envelopes.flatMap(ends), tallies);
  const quiet = await tallies.save(ctx);
  await closeLeases(ctx, envelopes);
  for (const envelope of envelopes) {
    for (const event of envelope.report.events)
      await recordNodeEvent(ctx, { poolId: envelope.poolId, nodeId: nodeIdOf(envelope) }, envelope, event);
  }
  await ringPools(ctx, envelopes);
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
async function ringPools(ctx: Context, envelopes: readonly NodeEnvelope[]): Promise<void> {
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
    else if (envelope.report.events.some(changesLoad)) pool.offers.set(nodeId, { nodeId, load: envelope.report.load });
  }
  const rings = [...pools].map(([poolId, { offers, left, operate }]) => ({
    pool: { poolId },
    ...(offers.size > 0 ? { offers: [...offers.values()] } : {}),
    ...(operate.length > 0 ? { operate } : {}),
    ...(left.length > 0 ? { lost: left.map((nodeId) => ({ nodeId, why: "left" as const })) } : {}),
  }));
  await ring(ctx, ...rings.filter((one) => one.offers ?? one.lost ?? one.operate));
}

/** A heartbeat too: it brings back what a lost ring had said. */
function changesLoad(event: NodeEvent): boolean {
  return event.kind === "ready" || event.kind === "task-finished" || event.kind === "task-returned" || event.kind === "heartbeat";
}
