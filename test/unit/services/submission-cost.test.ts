import { expect, it } from "vitest";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { listTasks } from "../../../core/services/tasks/read-tasks.ts";
import { CountingStore } from "../../support/counting-store.ts";
import { jobSpec, TestWorld, taskSpecs } from "../../support/world.ts";

it("takes a collection of 100 tasks in at most 10 store requests, however many the job has", async () => {
  const store = new CountingStore(new MemoryStore());
  const world = new TestWorld(store);
  await addJob(world.context, jobSpec("j", "none"));
  const specs = taskSpecs(5_000);
  const requests: number[] = [];
  for (let i = 0; i < specs.length; i += 100) {
    store.reset();
    await addTasks(world.context, "j", specs.slice(i, i + 100));
    requests.push(store.requests);
  }
  expect(Math.max(...requests)).toBeLessThanOrEqual(10);
  store.reset();
  expect((await listTasks(world.context, "j", { limit: 1000 })).items.length).toBe(1000);
  expect(store.requests).toBeLessThanOrEqual(2);
});
