import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Admission, PATIENCE_MS } from "../../../node-agent/admission.ts";
import { preparationFailure, startFailure } from "../../../node-agent/failures.ts";
import { attemptKey, Leases } from "../../../node-agent/leases.ts";
import { order } from "../../support/fake-control-plane.ts";

describe("a disk that is full", () => {
  it("is the node's fault, wherever it shows", () => {
    const error = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    expect(preparationFailure(error)).toMatchObject({ category: "servererror", code: "DiskFull" });
    expect(startFailure("ENOSPC", "no space left", "sh")).toMatchObject({ category: "servererror", code: "DiskFull" });
  });
});

describe("leases", () => {
  it("are done once, when each of their attempts is reported, whatever comes twice", () => {
    const leases = new Leases();
    const [a, b] = [order("a", ""), order("b", "")];
    expect(leases.arrived("L1", [a, b])).toEqual({ fresh: [a, b], done: false });
    expect(leases.arrived("L1", [a, b])).toEqual({ fresh: [], done: false });
    expect(leases.arrived("L2", [b])).toEqual({ fresh: [], done: false });
    expect(leases.held()).toEqual(["L1", "L2"]);
    expect(leases.reported(attemptKey(b))).toEqual(["L2"]);
    expect(leases.reported(attemptKey(a))).toEqual(["L1"]);
    expect(leases.arrived("L3", [a])).toEqual({ fresh: [], done: true });
    expect(leases.arrived("L1", [a, b])).toEqual({ fresh: [], done: false });
    expect(leases.newest).toBe("L3");
    expect(leases.held()).toEqual([]);
  });
});

describe("admission", () => {
  const seasoned = (durationMs: number, slots = 4) => {
    const admission = new Admission<string>(slots);
    for (let i = 0; i < 50; i++) {
      admission.add("x", 1, 0);
      admission.admit();
      admission.release(1, durationMs);
    }
    return admission;
  };

  it("asks only for free slots until it knows how long tasks take, and when they take long", () => {
    expect(new Admission(4).want()).toBe(4);
    expect(seasoned(60_000).want()).toBe(4);
    expect(seasoned(600).want()).toBe(4);
  });
  it("asks ahead for about a second of short work, within bounds", () => {
    expect(seasoned(100).want()).toBe(4 + 4 * 9);
    expect(seasoned(1).want()).toBe(4 + 4 * 64);
    expect(seasoned(1, 256).want()).toBe(256 + 1_024);
  });
  it("does not let small tasks overtake a large one", () => {
    const admission = new Admission<string>(4);
    admission.add("a", 2, 0);
    admission.add("large", 3, 0);
    admission.add("b", 1, 0);
    expect([admission.admit(), admission.admit()]).toEqual(["a", undefined]);
    admission.release(2, 10);
    expect([admission.admit(), admission.admit()]).toEqual(["large", "b"]);
  });
  it("asks for less after it could not use what it asked for", () => {
    const admission = seasoned(1);
    admission.add("long", 4, 0);
    admission.admit();
    admission.add("late", 1, 0);
    admission.add("fresh", 1, 1);
    expect(admission.impatient(PATIENCE_MS)).toEqual(["late"]);
    expect(admission.want()).toBe(0);
  });
  it("never exceeds its slots", () => {
    const step = fc.oneof(fc.record({ add: fc.integer({ min: 1, max: 5 }) }), fc.constant({ end: true }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (total, steps) => {
        const admission = new Admission<number>(total);
        const running: number[] = [];
        for (const action of steps) {
          if ("add" in action) admission.add(action.add, action.add, 0);
          else if (running.length > 0) admission.release(running.shift() as number, 5);
          for (let slots = admission.admit(); slots !== undefined; slots = admission.admit()) running.push(slots);
          expect(admission.slotsInUse).toBe(running.reduce((sum, slots) => sum + slots, 0));
          expect(admission.slotsInUse).toBeLessThanOrEqual(total);
        }
      }),
    );
  });
});
