import { beforeEach, describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { updateJob } from "../../../core/services/jobs/update-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { taskDirectory } from "../../../core/services/tasks/task-directory.ts";
import { updateTask } from "../../../core/services/tasks/update-task.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const HOUR_MS = 3_600_000;
let world: TestWorld;

beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 1));
  await addJob(world.context, jobSpec("j", "p", { constraints: { maxTaskRetryCount: 1 } }));
  await addTasks(world.context, "j", taskSpecs(1, { constraints: { retentionTime: "PT1H" } }));
  await world.settle();
});

const code = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );

describe("a task's constraints", () => {
  it("are set as a whole, and change its ETag", async () => {
    const before = await getTask(world.context, "j", "t0000");
    const after = await updateTask(world.context, "j", "T0000", { maxWallClockTime: "PT5M" });
    expect(after.spec.constraints).toEqual({ maxWallClockTime: "PT5M", maxTaskRetryCount: 1 });
    expect(after.etag).not.toBe(before.etag);
    expect(await code(updateTask(world.context, "j", "t0000", {}, { ifMatch: before.etag }))).toBe("ConditionNotMet");
  });

  it("decide how often a task that runs already is tried again", async () => {
    await updateTask(world.context, "j", "t0000", { maxTaskRetryCount: 0 });
    await world.node().end("t0000", { exitCode: 1 });
    expect(await getTask(world.context, "j", "t0000")).toMatchObject({ state: "completed", retryCount: 0 });
    expect(await code(updateTask(world.context, "j", "t0000", {}))).toBe("TaskCompleted");
    expect(await code(updateTask(world.context, "j", "nobody", {}))).toBe("TaskNotFound");
  });

  it("say how long its files are kept", async () => {
    await world.node().end("t0000");
    await world.clock.advance(HOUR_MS - 1_000);
    expect(await code(taskDirectory(world.context, "j", "t0000"))).toBe("done");
    await world.clock.advance(2_000);
    expect(await code(taskDirectory(world.context, "j", "t0000"))).toBe("TaskFilesCleanedup");
  });
});

describe("a job's wall clock", () => {
  async function hours(count: number): Promise<void> {
    for (let minutes = 0; minutes < count * 60; minutes += 15) {
      await world.clock.advance(HOUR_MS / 4);
      await world.settle();
    }
  }
  beforeEach(() => addJob(world.context, jobSpec("k", "pool-to-come")));

  it("runs from its creation, over days, also where it is set later", async () => {
    await hours(30);
    await updateJob(world.context, "k", { constraints: { maxWallClockTime: "P2D" } });
    await hours(17);
    expect((await getJob(world.context, "k")).state).toBe("active");
    await hours(1.25);
    expect(await getJob(world.context, "k")).toMatchObject({ state: "completed", terminateReason: "MaxWallClockTimeExpiry" });
  });

  it("is the latest that was set, and none where that is taken away", async () => {
    await updateJob(world.context, "k", { constraints: { maxWallClockTime: "PT2H" } });
    await hours(1);
    await updateJob(world.context, "k", { constraints: {} });
    await hours(24);
    expect((await getJob(world.context, "k")).state).toBe("active");
  });

  it("ends at once a job that is over the limit that it is given", async () => {
    await hours(1);
    await updateJob(world.context, "k", { constraints: { maxWallClockTime: "PT1M" } });
    await world.settle();
    expect(await getJob(world.context, "k")).toMatchObject({ state: "completed", terminateReason: "MaxWallClockTimeExpiry" });
  });
});
