import { expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

it("does not let a task that no node is large enough for hold up others, of its own job or another", async () => {
  const world = new TestWorld();
  await addPool(world.context, poolSpec("p", 1, { taskSlotsPerNode: 4 }));
  await addJob(world.context, jobSpec("large", "p"));
  await world.settle();
  const small = { commandLine: "/bin/true", requiredSlots: 1 };
  await addTasks(world.context, "large", [
    { ...small, id: "too-large", requiredSlots: 5 },
    { ...small, id: "small" },
  ]);
  await world.settle();
  expect([...world.node().running.keys()]).toEqual(["small"]);
  await addJob(world.context, jobSpec("other", "p"));
  await addTasks(world.context, "other", taskSpecs(3));
  await world.settle();
  expect([...world.node().running.keys()].sort()).toEqual(["small", "t0000", "t0001", "t0002"]);
});
