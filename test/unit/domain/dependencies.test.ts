import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BLOCK_BITS,
  coverRange,
  dependencyNames,
  GROUP_NAMES,
  integerOf,
  isGroup,
  mergeRanges,
  planDependencies,
  stretchIds,
  stretchName,
  stretchOf,
} from "../../../core/domain/dependencies.ts";

const id = fc.integer({ min: 0, max: 2_147_483_647 });
const range = fc.tuple(id, id).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

describe("a range of ids", () => {
  it("is covered by at most nine stretches, side by side and without a gap", () => {
    fc.assert(
      fc.property(range, (one) => {
        const stretches = coverRange(one);
        expect(stretches.length).toBeLessThanOrEqual(9);
        const parts = stretches.map(stretchIds).sort((a, b) => a.start - b.start);
        expect(parts[0]?.start).toBe(one.start);
        expect(parts.at(-1)?.end).toBe(one.end);
        for (const [index, part] of parts.entries()) if (index > 0) expect(part.start).toBe((parts[index - 1]?.end ?? 0) + 1);
        for (const stretch of stretches) {
          expect(stretch.high).toBeLessThan(BLOCK_BITS);
          expect(stretchOf(stretchName(stretch))).toEqual(stretch);
        }
      }),
    );
  });

  it("is one with those that it overlaps or touches", () => {
    expect(
      mergeRanges([
        { start: 7, end: 9 },
        { start: 1, end: 3 },
        { start: 4, end: 5 },
        { start: 8, end: 20 },
      ]),
    ).toEqual([
      { start: 1, end: 5 },
      { start: 7, end: 20 },
    ]);
  });

  it("speaks of ids that are whole numbers, whatever zeros they begin with", () => {
    expect(["4", "004", "0", "2147483647", "2147483648", "4a", "-4", "4.0"].map(integerOf)).toEqual([
      4,
      4,
      0,
      2_147_483_647,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("what is written for a task", () => {
  it("is nothing where it depends on nothing", () => {
    expect(planDependencies({ id: "t", needs: {}, dependsOn: { taskIds: [], taskIdRanges: [] } }, "x")).toBeUndefined();
  });

  it("says so where it waits for one alone", () => {
    expect(planDependencies({ id: "t", needs: { s: 2, n: "node" }, dependsOn: { taskIds: ["A", "a"] } }, "x")).toEqual({
      fields: { blocked: "=a" },
      groups: [],
      edges: [{ name: "a", to: { t: "t", s: 2, n: "node", only: true } }],
    });
  });

  it("holds short lists only, however many there are, and every name once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 3_000 }), (count) => {
        const taskIds = Array.from({ length: count }, (_, i) => `t${i}`);
        const plan = planDependencies({ id: "t", needs: {}, dependsOn: { taskIds } }, "x");
        if (!plan) return expect.fail();
        const lists = [plan.fields.waits ?? [], ...plan.groups.map((group) => group.left)];
        for (const list of lists) expect(list.length).toBeLessThanOrEqual(GROUP_NAMES);
        const names = lists.flat();
        expect(new Set(names).size).toBe(names.length);
        expect(names.filter((name) => !isGroup(name)).sort()).toEqual(dependencyNames({ taskIds }).sort());
        // Everything is in the list of its parent.
        for (const one of [...plan.edges.map(({ name, to }) => ({ name, in: to.in })), ...plan.groups]) {
          const list = one.in === undefined ? plan.fields.waits : plan.groups.find((group) => group.name === one.in)?.left;
          expect(list).toContain(one.name);
        }
      }),
      { numRuns: 20 },
    );
  });
});
