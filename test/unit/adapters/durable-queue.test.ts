import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LmdbEnvironment } from "../../../adapters/embedded/lmdb-environment.ts";
import { LmdbJournal } from "../../../adapters/embedded/lmdb-journal.ts";
import { InProcessQueue } from "../../../adapters/embedded/queue.ts";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";

describe("a durable queue", () => {
  let folder: string;
  let environment: LmdbEnvironment;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-queue-"));
    environment = LmdbEnvironment.open(folder);
  });
  afterEach(async () => {
    await environment.close();
    await rm(folder, { recursive: true });
  });

  const reopen = async () => {
    await environment.close();
    environment = LmdbEnvironment.open(folder);
  };
  const open = (clock: ManualClock, name = "work", fifo = false, maxReceives = 100) =>
    new InProcessQueue<number>({
      name,
      clock,
      timers: clock,
      log: () => {},
      fifo,
      maxReceives,
      journal: new LmdbJournal(environment, name),
    });
  const now = { max: 10, visibilitySeconds: 30 };
  const bodies = (deliveries: readonly { readonly body: number }[]) => deliveries.map(({ body }) => body);

  it("gives again after a restart what was not acknowledged: waiting, taken, and delayed", async () => {
    const clock = new ManualClock();
    const first = open(clock);
    await first.send([{ body: 1 }, { body: 2 }, { body: 3 }, { body: 4, delaySeconds: 60 }]);
    const [taken] = await first.receive({ ...now, max: 1 });
    await first.receive({ ...now, max: 1 });
    await first.acknowledge([taken?.receipt ?? ""]);
    await reopen();
    const second = open(clock);
    expect(second.size).toBe(3);
    expect(bodies(await second.receive(now))).toEqual([2, 3]);
    await second.send([{ body: 5 }]);
    expect(bodies(await second.receive(now))).toEqual([5]);
    await clock.advance(60_001);
    expect(bodies(await second.receive(now)).sort()).toContain(4);
  });

  it("keeps the order of groups, and queues apart", async () => {
    const clock = new ManualClock();
    await open(clock, "a", true).send([1, 2, 3].map((body) => ({ body, group: "g" })));
    await open(clock, "ab", true).send([{ body: 9, group: "g" }]);
    await reopen();
    const again = open(clock, "a", true);
    expect(await again.receive(now)).toMatchObject([1, 2, 3].map((body) => ({ body, group: "g" })));
  });

  it("keeps its dead letters", async () => {
    const clock = new ManualClock();
    const first = open(clock, "work", false, 1);
    await first.send([{ body: 1 }, { body: 2 }]);
    await first.receive({ ...now, max: 1 });
    await clock.advance(30_001);
    expect(first.deadLetters().count).toBe(1);
    await reopen();
    const second = open(clock, "work", false, 1);
    expect(second.deadLetters()).toEqual({ count: 1, newest: [{ body: 1 }] });
    expect(bodies(await second.receive(now))).toEqual([2]);
  });

  it("gives every message at least once, whatever is acknowledged before whichever restart", async () => {
    const step = fc.oneof(
      fc.record({ send: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 4 }), acknowledge: fc.boolean() }),
      fc.constant("restart" as const),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), fc.boolean(), async (steps, fifo) => {
        const clock = new ManualClock();
        const name = `run${run++}`;
        let queue = open(clock, name, fifo);
        let sent = 0;
        const acknowledged = new Set<number>();
        const take = async (max: number, acknowledge: boolean) => {
          const deliveries = await queue.receive({ max, visibilitySeconds: 1 });
          for (const { body } of deliveries) expect(acknowledged.has(body)).toBe(false);
          if (!acknowledge) return;
          await queue.acknowledge(deliveries.map(({ receipt }) => receipt));
          for (const { body } of deliveries) acknowledged.add(body);
        };
        for (const one of steps) {
          if (one === "restart") queue = open(clock, name, fifo);
          else if ("send" in one) await queue.send(Array.from({ length: one.send }, () => ({ body: sent++, group: `g${sent % 2}` })));
          else await take(one.take, one.acknowledge);
        }
        queue = open(clock, name, fifo);
        for (let round = 0; queue.size > 0 && round < 200; round++) await take(10, true);
        expect(acknowledged.size).toBe(sent);
      }),
      { numRuns: 40 },
    );
  });
});
