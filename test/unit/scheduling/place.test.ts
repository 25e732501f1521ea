import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Demand, place, type Room } from "../../../core/scheduling/place.ts";
import { takeTurns } from "../../../core/scheduling/take-turns.ts";

const rooms = fc.array(fc.nat(8), { maxLength: 12 }).map((free) => free.map((slots, i) => ({ nodeId: `n${i}`, free: slots })));
const demands = fc
  .array(fc.integer({ min: 1, max: 6 }), { maxLength: 60 })
  .map((slots) => slots.map((one, i) => ({ slots: one, id: i, ...(i % 3 === 0 ? { prefers: `n${i % 12}` } : {}) })));
const fill = fc.constantFrom("pack" as const, "spread" as const);

describe("placing tasks on nodes", () => {
  it("never gives a node more than it has room for, nor a task twice", () => {
    fc.assert(
      fc.property(rooms, demands, fill, (nodes, wanted, how) => {
        const plan = place(wanted, nodes, how);
        for (const room of nodes) {
          const given = plan.get(room.nodeId) ?? [];
          expect(given.reduce((sum, one) => sum + one.slots, 0)).toBeLessThanOrEqual(room.free);
        }
        const placed = [...plan.values()].flat().map((one) => one.id);
        expect(new Set(placed).size).toBe(placed.length);
      }),
    );
  });

  it("leaves nothing waiting that would still fit", () => {
    fc.assert(
      fc.property(rooms, demands, fill, (nodes, wanted, how) => {
        const plan = place(wanted, nodes, how);
        const placed = new Set([...plan.values()].flat().map((one) => one.id));
        const left = nodes.map((room) => room.free - (plan.get(room.nodeId) ?? []).reduce((sum, one) => sum + one.slots, 0));
        const most = Math.max(0, ...left);
        for (const one of wanted) if (!placed.has(one.id)) expect(one.slots).toBeGreaterThan(most);
      }),
    );
  });

  it("puts a task on the node that it prefers while that has room, and anywhere else when it has none", () => {
    const nodes = [0, 1, 2, 3].map((i) => ({ nodeId: `N${i}`, free: 2 }));
    const three = [0, 1, 2].map((id) => ({ slots: 1, id, prefers: "n2" }));
    for (const how of ["pack", "spread"] as const) {
      const plan = place([...three, { slots: 1, id: 3, prefers: "gone" }], nodes, how);
      expect(plan.get("N2")?.map(({ id }) => id)).toEqual([0, 1]);
      expect([...plan.values()].flat()).toHaveLength(4);
    }
  });

  it("packs onto few nodes, and spreads over all", () => {
    const nodes = [0, 1, 2, 3].map((i) => ({ nodeId: `n${i}`, free: 4 }));
    const four = [0, 1, 2, 3].map((id) => ({ slots: 1, id }));
    expect(place(four, nodes, "pack").size).toBe(1);
    expect(place(four, nodes, "spread").size).toBe(4);
  });

  it("places ten thousand tasks on a thousand nodes without looking at each pair", () => {
    const nodes = Array.from({ length: 1000 }, (_, i) => ({ nodeId: `n${i}`, free: 10 }));
    const many = Array.from({ length: 10_000 }, (_, id) => ({ slots: 1, id }));
    expect([...place(many, nodes, "spread").values()].every((given) => given.length === 10)).toBe(true);
  });
});

describe("taking turns", () => {
  it("takes one of each list in turn", () => {
    expect(takeTurns([["a1", "a2", "a3"], ["b1"], ["c1", "c2"]], 1, 5)).toEqual(["b1", "c1", "a1", "c2", "a2"]);
  });

  it("takes everything when it may, each list in its own order, and no list gets more than one ahead of another that has some left", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 8 }), fc.nat(20), fc.nat(80), (lengths, first, limit) => {
        const lists = lengths.map((length, list) => Array.from({ length }, (_, at) => ({ list, at })));
        const taken = takeTurns(lists, first, limit);
        const total = lengths.reduce((sum, one) => sum + one, 0);
        expect(taken.length).toBe(Math.min(limit, total));
        const counts = lengths.map((_, list) => taken.filter((one) => one.list === list).length);
        const unfinished = counts.filter((count, list) => count < (lengths[list] ?? 0));
        if (unfinished.length > 0) expect(Math.max(...counts) - Math.min(...unfinished)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("placing tasks on several nodes at a time", () => {
  const one = () => ({ slots: 1 });
  interface Whole extends Room {
    readonly busy?: boolean;
  }
  const gang = (rooms: number, more: Partial<Demand<Whole>> = {}): Demand<Whole> => ({
    slots: 1,
    rooms,
    accepts: (room) => !room.busy,
    ...more,
  });
  const free = (count: number): Whole[] => Array.from({ length: count }, (_, i) => ({ nodeId: `n${i}`, free: 1 }));
  const placed = (demands: readonly Demand<Whole>[], rooms: readonly Whole[]) => {
    const plan = place(demands, rooms, "spread");
    return demands.map((demand) => [...plan].filter(([, given]) => given.includes(demand)).map(([nodeId]) => nodeId));
  };

  it("gives all rooms or none, none of them shared", () => {
    expect(placed([gang(2), gang(2), one()], free(3))).toEqual([["n0", "n1"], [], ["n2"]]);
    expect(
      placed(
        [gang(2)],
        [
          { nodeId: "n0", free: 1 },
          { nodeId: "n1", free: 1, busy: true },
        ],
      ),
    ).toEqual([[]]);
    expect(placed([one(), gang(1)], [{ nodeId: "n0", free: 2 }])).toEqual([["n0"], []]);
  });

  it("puts the one that it prefers first", () => {
    expect(placed([gang(2, { prefers: "n2" })], free(3))[0]?.[0]).toBe("n2");
  });

  it("keeps rooms from those behind one that reserves, and from none before it", () => {
    expect(placed([one(), gang(3, { reserves: true }), one(), gang(1)], free(3))).toEqual([["n0"], [], [], []]);
    expect(placed([gang(3), one(), one()], free(2))).toEqual([[], ["n0"], ["n1"]]);
  });

  it("places each gang whole or not at all, and gives no room twice, whatever comes", () => {
    const demand = fc.record({ rooms: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), reserves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(demand, { maxLength: 8 }), fc.integer({ min: 0, max: 8 }), (asked, count) => {
        const demands = asked.map(({ rooms, reserves }): Demand<Whole> => (rooms === undefined ? { slots: 1 } : gang(rooms, { reserves })));
        const given = placed(demands, free(count));
        for (const [index, nodes] of given.entries()) expect([0, demands[index]?.rooms ?? 1]).toContain(nodes.length);
        expect(new Set(given.flat()).size).toBe(given.flat().length);
      }),
    );
  });
});
