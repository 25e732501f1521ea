import { describe, expect, it } from "vitest";
import { runStory } from "./story.ts";

/** The seeds that found a bug, and what it was. A seed's story changes with core; the bug that it found stays mended. */
const found: readonly [seed: number, bug: string][] = [
  [
    4,
    "a node whose order to leave was lost stayed `leavingpool` for ever: sweeps tell it again, and take it for gone when its time is over",
  ],
  [7, "a job that ended with its last task kept ready entries of tasks that were terminated: it drops them before it is completed"],
  [
    9222,
    "a task with two ready entries was named twice in one batch, or its stale entry hid the true one: the latest attempt's entry counts",
  ],
  [
    9106,
    "a job that had moved to another pool left notes of its waiting tasks in the first: it remembers its pools, and is taken away from each",
  ],
  [96, "a request to add a job that was cut short left counts of a job that never was: counts begin with the first that is added"],
  [
    746,
    "instances of a gang that a pass cut short had prepared were waited for for ever, as their node took another gang of the same attempt for them: gangs have names",
  ],
  [239, "a node whose agent was started again looked idle while its start task failed: it starts anew"],
  [318, "what was written ahead of a job whose request was cut short stayed for ever: a message sent first takes it away"],
  [1016, "messages that await a job's rest multiplied where they came twice: one of them counts"],
  [9888, "a task was reactivated as its job ended with its last task, and never ran: it is refused, and is as it was"],
];

describe("seeds that found a bug", () => {
  it.each(found)("%i: %s", { timeout: 60_000 }, async (seed) => {
    const end = await runStory(seed);
    expect(end.violation?.message).toBeUndefined();
  });
});
