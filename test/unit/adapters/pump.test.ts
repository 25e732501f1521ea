import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Handler, startPump } from "../../../adapters/embedded/pump.ts";
import { InProcessQueue } from "../../../adapters/embedded/queue.ts";
import { systemClock } from "../../../adapters/embedded/system-clock.ts";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";
import { systemTimers } from "../../../adapters/timers.ts";
import type { Delivery } from "../../../core/ports/queue.ts";

const log = () => {};

function world(fifo: boolean, maxReceives = 100) {
  const clock = new ManualClock();
  const queue = new InProcessQueue<number>({ name: "test", clock, timers: clock, log, fifo, maxReceives });
  const pump = (handler: Handler<number>, options: { batch?: number; concurrency?: number } = {}) =>
    startPump(queue, handler, { name: "test", batch: 10, concurrency: 2, visibilitySeconds: 30, timers: clock, log, ...options });
  return { clock, queue, pump };
}

const ok = { failed: [] };
const bodies = (deliveries: Delivery<number>[]) => deliveries.map(({ body }) => body);

describe("a pump", () => {
  it("hands over what was sent, in batches, and leaves nothing behind", async () => {
    const { clock, queue, pump } = world(false);
    const batches: number[][] = [];
    const running = pump(async (deliveries) => {
      batches.push(bodies(deliveries));
      return ok;
    });
    await queue.send(Array.from({ length: 25 }, (_, body) => ({ body })));
    await clock.advance(0);
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(queue.size).toBe(0);
    await running.stop();
  });

  it("takes messages sent one by one in one step as one batch", async () => {
    const { clock, queue, pump } = world(false);
    const batches: number[][] = [];
    const running = pump(async (deliveries) => {
      batches.push(bodies(deliveries));
      return ok;
    });
    await Promise.all([1, 2, 3].map((body) => queue.send([{ body }])));
    await clock.advance(0);
    expect(batches).toEqual([[1, 2, 3]]);
    await running.stop();
  });

  it("tries what failed again, and only that", async () => {
    const { clock, queue, pump } = world(false);
    const seen: number[] = [];
    const running = pump(async (deliveries) => {
      seen.push(...bodies(deliveries));
      return { failed: deliveries.filter(({ body, receiveCount }) => body === 2 && receiveCount < 3).map(({ id }) => id) };
    });
    await queue.send([{ body: 1 }, { body: 2 }, { body: 3 }]);
    await clock.advance(10_000);
    expect(seen).toEqual([1, 2, 3, 2, 2]);
    expect(queue.size).toBe(0);
    await running.stop();
  });

  it("tries the whole batch again after a throw, and logs it", async () => {
    const logged: string[] = [];
    const clock = new ManualClock();
    const queue = new InProcessQueue<number>({ name: "test", clock, timers: clock, log, maxReceives: 5 });
    const seen: number[][] = [];
    const running = startPump(
      queue,
      async (deliveries) => {
        seen.push(bodies(deliveries));
        if (seen.length === 1) throw new Error("no");
        return ok;
      },
      {
        name: "test",
        batch: 10,
        concurrency: 1,
        visibilitySeconds: 30,
        timers: clock,
        log: (level, event) => logged.push(`${level} ${event}`),
      },
    );
    await queue.send([{ body: 1 }, { body: 2 }]);
    await clock.advance(1_000);
    expect(seen).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(logged).toEqual(["error pump.handler-failed"]);
    await running.stop();
  });

  it("keeps deliveries hidden for as long as their handler runs", async () => {
    const { clock, queue, pump } = world(false);
    let release = () => {};
    let calls = 0;
    const running = pump(async () => {
      calls++;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return ok;
    });
    await queue.send([{ body: 1 }]);
    await clock.advance(600_000);
    expect(calls).toBe(1);
    release();
    await clock.advance(0);
    expect(queue.size).toBe(0);
    await running.stop();
  });

  it("runs groups side by side, each group's messages in order", async () => {
    const { clock, queue, pump } = world(true);
    const open: (() => void)[] = [];
    const seen: number[][] = [];
    const running = pump(async (deliveries) => {
      seen.push(bodies(deliveries));
      await new Promise<void>((resolve) => open.push(resolve));
      return ok;
    });
    await queue.send([1, 2].map((body) => ({ body, group: "a" })));
    await queue.send([3].map((body) => ({ body, group: "b" })));
    await clock.advance(0);
    expect(seen).toEqual([[1, 2], [3]]);
    await queue.send([{ body: 4, group: "a" }]);
    await clock.advance(0);
    expect(seen).toHaveLength(2);
    open[0]?.();
    await clock.advance(0);
    expect(seen[2]).toEqual([4]);
    for (const end of open) end();
    await running.stop();
  });

  it("stops only when its handlers have ended, and leaves what is not taken in the queue", async () => {
    const { clock, queue, pump } = world(false);
    let release = () => {};
    const running = pump(
      async () => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return ok;
      },
      { batch: 1, concurrency: 1 },
    );
    await queue.send([{ body: 1 }, { body: 2 }]);
    await clock.advance(0);
    let stopped = false;
    const stopping = running.stop().then(() => {
      stopped = true;
    });
    await clock.advance(0);
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(bodies(await queue.receive({ max: 10, visibilitySeconds: 1 }))).toEqual([2]);
  });

  it("works on real time, without polling", async () => {
    const queue = new InProcessQueue<number>({ name: "test", clock: systemClock, timers: systemTimers, log, maxReceives: 5 });
    const handled = new Promise<number[]>((resolve) => {
      const running = startPump(
        queue,
        async (deliveries) => {
          void running.stop();
          resolve(bodies(deliveries));
          return ok;
        },
        { name: "test", batch: 10, concurrency: 1, visibilitySeconds: 30, timers: systemTimers, log },
      );
    });
    await queue.send([{ body: 7 }]);
    expect(await handled).toEqual([7]);
  });

  it("handles every message at least once and keeps each group's order, whatever fails", async () => {
    const faults = fc.array(fc.constantFrom("ok", "some", "throw", "ok"), { minLength: 1, maxLength: 20 });
    const groups = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(groups, faults, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (names, plan, batch, restart) => {
        const { clock, queue, pump } = world(true, 1_000);
        const done = new Map<string, number[]>();
        let call = 0;
        const handler: Handler<number> = async (deliveries) => {
          const fault = call < 60 ? plan[call++ % plan.length] : "ok";
          if (fault === "throw") throw new Error("fault");
          const failed = fault === "some" ? deliveries.slice(Math.floor(deliveries.length / 2)) : [];
          for (const delivery of deliveries) {
            if (failed.includes(delivery)) break;
            const group = delivery.group ?? "";
            done.set(group, [...(done.get(group) ?? []), delivery.body]);
          }
          return { failed: failed.slice(0, 1).map(({ id }) => id) };
        };
        const first = pump(handler, { batch });
        await queue.send(names.map((group, body) => ({ body, group })));
        await clock.advance(500);
        let running = first;
        if (restart) {
          await first.stop();
          running = pump(handler, { batch });
        }
        for (let step = 0; queue.size > 0 && step < 500; step++) await clock.advance(60_000);
        expect(queue.size).toBe(0);
        for (const group of new Set(names)) {
          expect(done.get(group)).toEqual(names.flatMap((name, body) => (name === group ? [body] : [])));
        }
        await running.stop();
      }),
      { numRuns: 60 },
    );
  });
});
