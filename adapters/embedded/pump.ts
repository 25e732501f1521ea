import type { Log } from "../../core/ports/log.ts";
import type { Delivery } from "../../core/ports/queue.ts";
import type { Timers } from "../timers.ts";
import type { InProcessQueue } from "./queue.ts";

/** Handles a batch and names the deliveries that failed, by id; those come again. A throw fails the whole batch. */
export type Handler<T> = (deliveries: Delivery<T>[]) => Promise<{ readonly failed: readonly string[] }>;

export interface PumpOptions {
  readonly name: string;
  /** Deliveries handed over at once, at most. */
  readonly batch: number;
  /** Batches handled at the same time, at most. In a FIFO queue these are of different groups. */
  readonly concurrency: number;
  /** How long deliveries stay hidden without a sign of life from here. */
  readonly visibilitySeconds: number;
  readonly timers: Timers;
  readonly log: Log;
}

export interface Pump {
  /** Takes no more; resolves when the handlers that run have ended and their deliveries are settled. */
  stop(): Promise<void>;
}

const WAIT_SECONDS = 20;
const RETRY_SECONDS = [0.1, 0.4, 1.6, 6.4, 25.6, 60];

/** Feeds a handler from a queue, at once, until it is stopped. Deliveries stay hidden for as long as their handler runs. */
export function startPump<T>(queue: InProcessQueue<T>, handler: Handler<T>, options: PumpOptions): Pump {
  const { name, batch, concurrency, visibilitySeconds, timers, log } = options;
  const settling = new Set<Promise<unknown>>();
  let stopping = false;

  const loop = async () => {
    while (!stopping) {
      const deliveries = await queue.receive({ max: batch, visibilitySeconds, waitSeconds: WAIT_SECONDS });
      if (deliveries.length === 0) continue;
      if (stopping) await Promise.all(deliveries.map(({ receipt }) => queue.postpone(receipt, 0)));
      else await handle(deliveries);
    }
  };

  const handle = async (deliveries: Delivery<T>[]) => {
    const renewal = keepHidden(deliveries);
    const failed = await failures(deliveries);
    renewal.end();
    for (const { receipt, receiveCount } of failed) await queue.postpone(receipt, retrySeconds(receiveCount));
    acknowledge(deliveries.filter((delivery) => !failed.includes(delivery)).map(({ receipt }) => receipt));
  };

  /** The next batch need not wait for a durable queue's disk: what it forgets too late comes twice at worst. */
  const acknowledge = (receipts: string[]) => {
    const acknowledged = queue
      .acknowledge(receipts)
      .catch((error: unknown) => log("error", "pump.acknowledge-failed", { queue: name, error }))
      .finally(() => settling.delete(acknowledged));
    settling.add(acknowledged);
  };

  const failures = async (deliveries: Delivery<T>[]): Promise<Delivery<T>[]> => {
    try {
      const { failed } = await handler(deliveries);
      return failed.length === 0 ? [] : withFollowers(deliveries, new Set(failed));
    } catch (error) {
      log("error", "pump.handler-failed", { queue: name, deliveries: deliveries.length, error });
      return deliveries;
    }
  };

  const keepHidden = (deliveries: Delivery<T>[]) => {
    const renew = () => {
      for (const { receipt } of deliveries) void queue.postpone(receipt, visibilitySeconds);
      timer = set();
    };
    const set = () => timers.set(renew, (visibilitySeconds * 1000) / 2);
    let timer = set();
    return { end: () => timers.clear(timer) };
  };

  const loops = Array.from({ length: concurrency }, loop);
  return {
    async stop() {
      stopping = true;
      queue.interrupt();
      await Promise.all(loops);
      await Promise.all(settling);
    },
  };
}

/** What failed and, to keep a group's order, all that came after it in its group. */
function withFollowers<T>(deliveries: readonly Delivery<T>[], failed: ReadonlySet<string>): Delivery<T>[] {
  const stopped = new Set<string>();
  return deliveries.filter(({ id, group }) => {
    const fails = failed.has(id) || (group !== undefined && stopped.has(group));
    if (fails && group !== undefined) stopped.add(group);
    return fails;
  });
}

function retrySeconds(receiveCount: number): number {
  return RETRY_SECONDS[Math.min(receiveCount, RETRY_SECONDS.length) - 1] ?? 0;
}
