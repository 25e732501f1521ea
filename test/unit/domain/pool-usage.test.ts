import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pool } from "../../../core/domain/pool.ts";
import { INTERVAL_MS, type IntervalUsage, intervalIsOver, USAGE_KEPT_MS, usageAt } from "../../../core/domain/pool-usage.ts";

const CREATED = Date.UTC(2026, 10, 24, 6, 10);
const HALF_PAST = Date.UTC(2026, 10, 24, 6, 30);

type Counted = Parameters<typeof usageAt>[0];
const pool = (dedicated: number, lowPriority = 0, usage?: Counted["usage"], vmSize = "standard_d2_v3"): Counted => ({
  creationTime: new Date(CREATED).toISOString(),
  spec: { vmSize } as Pool["spec"],
  currentDedicatedNodes: dedicated,
  currentLowPriorityNodes: lowPriority,
  ...(usage ? { usage } : {}),
});

describe("the usage of a pool", () => {
  it("is its cores times the time that it has them", () => {
    const { usage, over } = usageAt(pool(3, 1), CREATED + 60_000);
    expect(usage).toMatchObject({ at: CREATED + 60_000, dedicated: 2 * 3 * 60_000, lowPriority: 2 * 60_000 });
    expect(usage.interval).toEqual({ start: HALF_PAST - INTERVAL_MS, vmSize: "standard_d2_v3", coreMs: 8 * 60_000 });
    expect(over).toEqual([]);
  });

  it("is told by half hours, also when nobody looked for some of them", () => {
    const { usage, over } = usageAt(pool(1), HALF_PAST + 2 * INTERVAL_MS + 1_000);
    expect(over.map(({ start, coreMs }) => [start - HALF_PAST, coreMs])).toEqual([
      [-INTERVAL_MS, 2 * (HALF_PAST - CREATED)],
      [0, 2 * INTERVAL_MS],
      [INTERVAL_MS, 2 * INTERVAL_MS],
    ]);
    expect(usage.interval).toMatchObject({ start: HALF_PAST + 2 * INTERVAL_MS, coreMs: 2_000 });
  });

  it("does not grow where time goes back", () => {
    const before = usageAt(pool(1), CREATED + 5_000).usage;
    expect(usageAt(pool(1, 0, before), CREATED + 1_000).usage).toEqual(before);
  });

  it("begins another account where an empty pool has become one of another size", () => {
    const { usage } = usageAt(pool(1), CREATED + 1_000);
    const other = usageAt(pool(0, 0, usage, "standard_d4_v3"), CREATED + 2_000).usage;
    expect(other).toMatchObject({ dedicated: 2_000, interval: { vmSize: "standard_d4_v3", coreMs: 0 } });
  });

  it("looks back no farther than usage is kept", () => {
    const { usage, over } = usageAt(pool(1), CREATED + 20 * USAGE_KEPT_MS);
    expect(usage.dedicated).toBe(2 * 20 * USAGE_KEPT_MS);
    expect(over.length).toBeLessThanOrEqual(USAGE_KEPT_MS / INTERVAL_MS + 1);
  });

  it("must be written down when an interval is over, unless the pool is empty", () => {
    const { usage } = usageAt(pool(1), CREATED);
    expect(intervalIsOver(pool(1, 0, usage), HALF_PAST - 1)).toBe(false);
    expect(intervalIsOver(pool(1, 0, usage), HALF_PAST)).toBe(true);
    expect(intervalIsOver(pool(0, 0, usage), HALF_PAST)).toBe(false);
  });

  it("is the same however often it was looked at, and its intervals add up to it", () => {
    const step = fc.record({
      after: fc.nat({ max: 5 * INTERVAL_MS }),
      dedicated: fc.nat({ max: 5 }),
      low: fc.nat({ max: 5 }),
      looks: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let usage: Counted["usage"];
        let [now, dedicated, low, expected] = [CREATED, 0, 0, 0];
        const intervals = new Map<number, IntervalUsage>();
        for (const next of steps) {
          for (let look = 0; look <= next.looks; look++) {
            const at = now + Math.floor((next.after * (look + 1)) / (next.looks + 1));
            const seen = usageAt(pool(dedicated, low, usage), at);
            for (const interval of [...seen.over, seen.usage.interval]) intervals.set(interval.start, interval);
            usage = seen.usage;
          }
          expected += 2 * (dedicated + low) * next.after;
          now += next.after;
          ({ dedicated, low } = next);
        }
        const whole = (usage?.dedicated ?? 0) + (usage?.lowPriority ?? 0);
        expect(whole).toBe(expected);
        expect([...intervals.values()].reduce((sum, { coreMs }) => sum + coreMs, 0)).toBe(expected);
      }),
    );
  });
});
