import { beforeEach, describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../../core/services/tasks/end-task.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;

beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 1));
  await addJob(world.context, jobSpec("j", "p"));
  await addTasks(world.context, "j", taskSpecs(60));
  await world.settle();
});

const running = () => [...world.node().running.keys()];

describe("entries of tasks that were ended or deleted while they waited", () => {
  it.each([
    ["terminated", terminateTask],
    ["deleted", deleteTask],
  ])("keep nobody waiting for long: %s", async (_how, end) => {
    for (let i = 1; i < 58; i++) await end(world.context, "j", `t${String(i).padStart(4, "0")}`);
    await world.node().end("t0000");
    await world.settle();
    await world.pass(16);
    expect(running()).toEqual(["t0058"]);
    await world.node().end("t0058");
    await world.settle();
    expect(running()).toEqual(["t0059"]);
  });

  it("are moved out of the way at once when they have waited long, and go in the end", async () => {
    await world.pass(60);
    for (let i = 1; i < 58; i++) await terminateTask(world.context, "j", `t${String(i).padStart(4, "0")}`);
    await world.node().end("t0000");
    await world.settle();
    expect(running()).toEqual(["t0058"]);
    for (const id of ["t0058", "t0059"]) {
      await world.node().end(id);
      await world.settle();
    }
    await world.pass(130);
    expect(world.store.dump().filter(({ pk }) => pk.startsWith("ready#"))).toEqual([]);
  });
});
