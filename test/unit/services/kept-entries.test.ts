import { beforeEach, describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../../core/services/tasks/end-task.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});

describe.each([
  ["terminated", terminateTask],
  ["deleted", deleteTask],
] as const)("waiting tasks that are %s", (_what, end) => {
  it.each([[-1], [1]])("hold back none of those behind them, where at most %i of the job may run", async (maxParallelTasks) => {
    await addPool(world.context, poolSpec("p", 1));
    await addJob(world.context, jobSpec("j", "p", { maxParallelTasks }));
    await addTasks(world.context, "j", taskSpecs(60));
    await world.settle();
    const [first] = [...world.node().running.keys()];
    for (let i = 0; i < 59; i++) {
      const id = `t${String(i).padStart(4, "0")}`;
      if (id !== first) await end(world.context, "j", id);
    }
    await world.node().end(first ?? "");
    await world.settle();
    expect((await getTask(world.context, "j", "t0059")).state).toBe("running");
  });
});
