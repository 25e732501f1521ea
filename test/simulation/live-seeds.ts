import { expect, it } from "vitest";
import { shrink } from "./shrink.ts";
import { runStory } from "./story.ts";

/** Lives through the seeds from `from` on. The first that breaks an invariant fails the test, with its story made small. */
export function liveSeeds(from: number, count: number): void {
  it(`${count} seeds from ${from} on keep every invariant`, { timeout: 240_000 }, async () => {
    for (let seed = from; seed < from + count; seed++) {
      const end = await runStory(seed);
      if (!end.violation) continue;
      const small = await shrink(seed, end);
      expect.fail(`seed ${seed}: ${end.violation.message}\n(npm run simulate -- --show ${seed})\n${small.trace.slice(-60).join("\n")}`);
    }
  });
}
