import { describe, expect, it } from "vitest";
import { NO_FAULTS } from "./faults.ts";
import { plants } from "./plants.ts";
import { shrink } from "./shrink.ts";
import { runStory } from "./story.ts";

describe("the simulation", () => {
  it("tells the same story for the same seed, byte for byte", { timeout: 60_000 }, async () => {
    for (const seed of [11, 12, 13]) {
      const [once, twice] = [await runStory(seed, { keepTrace: true }), await runStory(seed, { keepTrace: true })];
      expect(twice.trace.join("\n")).toBe(once.trace.join("\n"));
      expect(twice.digest).toBe(once.digest);
    }
  });

  it("tells different stories for different seeds, and strikes with faults", { timeout: 60_000 }, async () => {
    const ends = [];
    for (let seed = 21; seed <= 30; seed++) ends.push(await runStory(seed));
    expect(new Set(ends.map((end) => end.digest)).size).toBe(ends.length);
    expect(ends.reduce((sum, end) => sum + end.faults, 0)).toBeGreaterThan(20);
  });

  it("spares what it is told to spare", { timeout: 60_000 }, async () => {
    const calm = await runStory(21, { rates: NO_FAULTS });
    expect(calm).toMatchObject({ faults: 0 });
    expect(calm.violation).toBeUndefined();
  });
});

describe("a planted bug is caught by one of 300 seeds", () => {
  it.each(Object.entries(plants))("%s", { timeout: 120_000 }, async (_name, plant) => {
    for (let seed = 1; seed <= 300; seed++) {
      const end = await runStory(seed, { plant });
      if (!end.violation) continue;
      const small = await shrink(seed, end, { plant });
      expect(small.violation?.invariant).toBe(end.violation.invariant);
      expect(small.faults).toBeLessThanOrEqual(end.faults);
      expect(small.trace.at(-1)).toContain("VIOLATION");
      return;
    }
    expect.fail("no seed caught it");
  });
});
