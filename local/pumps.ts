import { type Handler, type Pump, startPump } from "../adapters/embedded/pump.ts";
import type { InProcessQueue } from "../adapters/embedded/queue.ts";
import { systemTimers } from "../adapters/timers.ts";
import type { Log } from "../core/ports/log.ts";
import type { Delivery } from "../core/ports/queue.ts";
import type { NodeEnvelope, Ring, Work } from "../core/protocol/messages.ts";
import type { Context } from "../core/services/context.ts";
import { handleReports, handleRings, handleWork } from "../core/services/queue-handlers.ts";

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
  const all = <T>(handle: (context: Context, deliveries: Delivery<T>[]) => Promise<void>): Handler<T> => {
    return async (deliveries) => {
      await handle(context, deliveries);
      return { failed: [] };
    };
  };
  return {
    events: startPump(queues.events, all(handleReports), { ...common, name: "node-events", batch: 50, concurrency: 2 }),
    doorbell: startPump(queues.doorbell, all(handleRings), { ...common, name: "pool-doorbell", batch: 100, concurrency: 16 }),
    work: startPump(queues.work, all(handleWork), { ...common, name: "work", batch: 1, concurrency: 4 }),
  };
}
