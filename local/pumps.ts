import { type Handler, type Pump, startPump } from "../adapters/embedded/pump.ts";
import type { InProcessQueue } from "../adapters/embedded/queue.ts";
import { systemTimers } from "../adapters/timers.ts";
import type { Log } from "../core/ports/log.ts";
import type { NodeEnvelope, Ring, Work } from "../core/protocol/messages.ts";
import type { Context } from "../core/services/context.ts";
import { doWork } from "../core/services/do-work.ts";
import { runPoolPass } from "../core/services/passes/run-pool-pass.ts";
import { recordReports } from "../core/services/reports/record-reports.ts";

export interface Pumps {
  readonly events: Pump;
  readonly doorbell: Pump;
  readonly work: Pump;
}

/** Feeds the services from the queues: what nodes report, the pools' doorbells, and the work that could wait. */
export function startPumps(
  context: Context,
  queues: { events: InProcessQueue<NodeEnvelope>; doorbell: InProcessQueue<Ring>; work: InProcessQueue<Work> },
  log: Log,
): Pumps {
  const common = { visibilitySeconds: 60, timers: systemTimers, log };
  const pass: Handler<Ring> = async (deliveries) => {
    const poolId = deliveries[0]?.body.pool.poolId;
    const again = deliveries.some(({ receiveCount }) => receiveCount > 1);
    const rings = deliveries.map(({ body }) => body);
    if (poolId !== undefined) await runPoolPass(context, poolId, rings, again);
    return { failed: [] };
  };
  const later: Handler<Work> = async (deliveries) => {
    for (const { body } of deliveries) await doWork(context, body);
    return { failed: [] };
  };
  const record: Handler<NodeEnvelope> = async (deliveries) => {
    const again = deliveries.some(({ receiveCount }) => receiveCount > 1);
    const envelopes = deliveries.map(({ body }) => body);
    await recordReports(context, envelopes, again);
    return { failed: [] };
  };
  return {
    events: startPump(queues.events, record, { ...common, name: "node-events", batch: 50, concurrency: 2 }),
    doorbell: startPump(queues.doorbell, pass, { ...common, name: "pool-doorbell", batch: 100, concurrency: 16 }),
    work: startPump(queues.work, later, { ...common, name: "work", batch: 1, concurrency: 4 }),
  };
}
