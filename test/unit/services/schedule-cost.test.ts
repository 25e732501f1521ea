import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { terminateJob } from "../../../core/services/jobs/end-job.ts";
import { addSchedule } from "../../../core/services/schedules/add-schedule.ts";
import { CountingStore } from "../../support/counting-store.ts";
import { liveUntil } from "../../support/time-travel.ts";
import { jobSpec, TestWorld } from "../../support/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const { id: _id, ...jobSpecification } = jobSpec("x", "none");

describe("what schedules cost in store requests", () => {
  it("at rest: two for each renewal of the timer, four in an hour, and nothing else", async () => {
    const store = new CountingStore(new MemoryStore());
    const world = new TestWorld(store);
    const began = world.clock.now();
    const doNotRunUntil = new Date(began + 30 * DAY).toISOString();
    await addSchedule(world.context, { id: "s", schedule: { doNotRunUntil }, jobSpecification });
    await liveUntil(world, began + HOUR);
    store.reset();
    await liveUntil(world, began + 25 * HOUR);
    expect(store.requests).toBe(24 * 4 * 2);
  });

  it("for each run the same, however many schedules are due at once and however many jobs there are", async () => {
    const requests: number[] = [];
    for (const count of [10, 1_000]) {
      const store = new CountingStore(new MemoryStore());
      const world = new TestWorld(store);
      const due = world.clock.now() + 10 * MINUTE;
      const schedule = { doNotRunUntil: new Date(due).toISOString(), recurrenceInterval: "PT10M" };
      for (let i = 0; i < count; i++) await addSchedule(world.context, { id: `s${i}`, schedule, jobSpecification });
      await liveUntil(world, due - MINUTE);
      store.reset();
      await liveUntil(world, due + MINUTE);
      requests.push(store.requests / count);
      for (let i = 0; i < count; i++) await terminateJob(world.context, `s${i}:job-1`, undefined);
      await world.settle();
      store.reset();
      await liveUntil(world, due + 11 * MINUTE);
      requests.push(store.requests / count);
    }
    const [few, fewAgain, many, manyAgain] = requests;
    expect([many, manyAgain]).toEqual([few, fewAgain]);
    expect(Math.max(...requests)).toBeLessThanOrEqual(8);
  });
});
