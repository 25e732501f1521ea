import { runStory, type StoryEnd, type StoryOptions } from "./story.ts";

const MOST_RUNS = 60;

/**
 * Makes a failing run small enough to read: spares ever more of its faults, as long as the same invariant is still broken. Answers the smallest run
 * that was found, with its trace.
 */
export async function shrink(seed: number, failing: StoryEnd, options: StoryOptions = {}): Promise<StoryEnd> {
  let spare = new Set(options.spare ?? []);
  let best = failing;
  let runs = 0;
  for (let size = Math.ceil(failing.drawn / 2); size >= 1 && runs < MOST_RUNS; ) {
    let smaller = false;
    for (let first = 0; first < best.drawn && runs < MOST_RUNS; first += size) {
      const more = new Set(spare);
      for (let fault = first; fault < first + size; fault++) more.add(fault);
      if (more.size === spare.size) continue;
      runs++;
      const end = await runStory(seed, { ...options, spare: more });
      if (end.violation?.invariant !== failing.violation?.invariant || end.faults >= best.faults) continue;
      spare = more;
      best = end;
      smaller = true;
    }
    if (!smaller || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  const shown = await runStory(seed, { ...options, spare, keepTrace: true });
  return shown.violation ? shown : best;
}
