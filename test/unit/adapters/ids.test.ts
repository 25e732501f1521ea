import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemIds } from "../../../adapters/embedded/ids.ts";
import { systemClock } from "../../../adapters/embedded/system-clock.ts";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";
import { seededIds } from "../../../adapters/memory/seeded-ids.ts";

describe("ids", () => {
  it("have 16 of [0-9a-z], come in order, and never twice", () => {
    const ids = systemIds(systemClock);
    const many = Array.from({ length: 200_000 }, () => ids.next());
    for (const id of many.slice(0, 1_000)) expect(id).toMatch(/^[0-9a-z]{16}$/);
    expect(many.every((id, n) => n === 0 || id > (many[n - 1] ?? ""))).toBe(true);
  });

  it("of two makers differ, though made in the same moment", () => {
    const clock = new ManualClock();
    const [a, b] = [systemIds(clock), systemIds(clock)];
    const all = Array.from({ length: 100 }, () => [a.next(), b.next()]).flat();
    expect(new Set(all).size).toBe(200);
    expect(new Set(all.map((id) => id.slice(0, 9))).size).toBe(1);
  });

  it("stay in order whatever the clock does, and are the same for the same seed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 })), fc.integer(), (moments, seed) => {
        const make = () => {
          let at = 0;
          const ids = seededIds({ now: () => moments[at++] ?? 0 }, seed);
          return moments.map(() => ids.next());
        };
        const ids = make();
        expect(make()).toEqual(ids);
        expect([...new Set(ids)].sort()).toEqual(ids);
      }),
    );
  });
});
