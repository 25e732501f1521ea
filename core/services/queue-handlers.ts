/** What comes out of each queue and who deals with it: the same wherever the queues are. Each rejects where all that it was given must come again. */
import type { Delivery } from "../ports/queue.ts";
import type { NodeEnvelope, Ring, Work } from "../protocol/messages.ts";
import type { Context } from "./context.ts";
import { doWork } from "./do-work.ts";
import { runPoolPass } from "./passes/run-pool-pass.ts";
import { recordReports } from "./reports/record-reports.ts";

type Deliveries<T> = readonly Pick<Delivery<T>, "body" | "receiveCount">[];

/** Rings of one pool: one pass, however many. */
export async function handleRings(ctx: Context, deliveries: Deliveries<Ring>): Promise<void> {
  const poolId = deliveries[0]?.body.pool.poolId;
  if (poolId === undefined) return;
  await runPoolPass(
    ctx,
    poolId,
    deliveries.map(({ body }) => body),
    cameBefore(deliveries),
  );
}

/** What nodes report, recorded together. */
export async function handleReports(ctx: Context, deliveries: Deliveries<NodeEnvelope>): Promise<void> {
  await recordReports(
    ctx,
    deliveries.map(({ body }) => body),
    cameBefore(deliveries),
  );
}

/** Later work, one after the other. */
export async function handleWork(ctx: Context, deliveries: Deliveries<Work>): Promise<void> {
  for (const { body } of deliveries) await doWork(ctx, body);
}

/** Perhaps with some effect. */
function cameBefore(deliveries: Deliveries<unknown>): boolean {
  return deliveries.some(({ receiveCount }) => receiveCount > 1);
}
