import { beforeEach, describe, expect, it } from "vitest";
import { LONGEST_LIFE_MS } from "../../../core/domain/task.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableJob, enableJob } from "../../../core/services/jobs/disable-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { sweepAll } from "../../../core/services/sweeps/sweep-all.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { taskDirectory } from "../../../core/services/tasks/task-directory.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;
const days = (count: number) => Math.round((count * DAY_MS) / QUARTER_MS);

let world: TestWorld;
beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 1));
  await world.settle();
});

/** Time passes by the quarter of an hour; the nodes speak all the while. */
async function pass(quarters: number): Promise<void> {
  for (let i = 0; i < quarters; i++) {
    await world.clock.advance(QUARTER_MS);
    for (const node of world.nodes.values()) await node.beat();
    await world.settle();
  }
}

/** The service is not there for so long: its messages and timers are lost, its nodes end for want of it. Then it starts. */
async function away(milliseconds: number): Promise<void> {
  world.later.length = 0;
  world.rings.length = 0;
  world.nodes.clear();
  await world.clock.advance(milliseconds);
  await sweepAll(world.context, true);
  await world.settle();
}

const task = (jobId = "j") => getTask(world.context, jobId, "t0000");
const order = () => world.node().running.get("t0000")?.order;

describe("a job of three days", () => {
  beforeEach(async () => {
    await addJob(world.context, jobSpec("j", "p", { constraints: { maxTaskRetryCount: 0, maxWallClockTime: "P3D" } }));
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
  });

  it("ends after three days, with the task that has run for all of them", async () => {
    await pass(days(3) - 1);
    expect([(await getJob(world.context, "j")).state, (await task()).state]).toEqual(["active", "running"]);
    await pass(2);
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "MaxWallClockTimeExpiry" });
    expect(await task()).toMatchObject({ state: "completed", retryCount: 0, failure: { code: "TaskEnded" } });
  });

  it("ends when the service starts, where its time was over while that was away", async () => {
    await pass(days(2));
    await away(2 * DAY_MS);
    await pass(1);
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "MaxWallClockTimeExpiry" });
  });

  it("has the rest of its time left after the service was away, and its task runs again", async () => {
    await away(2 * DAY_MS);
    await pass(days(1) - 2);
    expect([(await getJob(world.context, "j")).state, (await task()).state]).toEqual(["active", "running"]);
    expect(await task()).toMatchObject({ attempt: 2, retryCount: 0, requeueCount: 0 });
    await pass(4);
    expect((await getJob(world.context, "j")).state).toBe("completed");
  });
});

describe("the files of a task", () => {
  const readable = () =>
    taskDirectory(world.context, "j", "t0000").then(
      () => "readable",
      ({ code }: { code: string }) => code,
    );
  async function ended(retentionTime: string | undefined): Promise<void> {
    await addJob(world.context, jobSpec("j", "p"));
    await addTasks(world.context, "j", taskSpecs(1, { constraints: retentionTime === undefined ? {} : { retentionTime } }));
    await world.settle();
    await world.node().end("t0000");
    await world.settle();
  }

  it("are kept for seven days, which the service may have spent away, and then no more", async () => {
    await ended("P7D");
    await pass(days(7));
    expect(await readable()).toBe("readable");
    await pass(1);
    expect(await readable()).toBe("TaskFilesCleanedup");
  });

  it("are over when the service starts, where their time was over while it was away", async () => {
    await ended("P1D");
    await away(2 * DAY_MS);
    expect(await readable()).toBe("TaskFilesCleanedup");
  });

  it("are kept for as long as their node lives, where there is no limit", async () => {
    await ended(undefined);
    await world.clock.advance(1_000 * DAY_MS);
    expect(await readable()).toBe("readable");
  });
});

describe("a task lives for 180 days", () => {
  it("so it has what is left of them, where its own limit is longer", async () => {
    await addJob(world.context, jobSpec("j", "p"));
    await disableJob(world.context, "j", "wait");
    await world.settle();
    await addTasks(world.context, "j", taskSpecs(1, { constraints: { maxWallClockTime: "P100D" } }));
    await world.clock.advance(LONGEST_LIFE_MS - 2 * DAY_MS);
    await enableJob(world.context, "j");
    await away(0);
    expect(order()).toMatchObject({ endOfLife: true });
    expect(order()?.maxWallClockMs).toBe(2 * DAY_MS);
  });

  it("and no time at all after that, as its node is told", async () => {
    await addJob(world.context, jobSpec("j", "p"));
    await disableJob(world.context, "j", "wait");
    await world.settle();
    await addTasks(world.context, "j", taskSpecs(1));
    await away(LONGEST_LIFE_MS + DAY_MS);
    expect((await task()).state).toBe("active");
    await enableJob(world.context, "j");
    await world.settle();
    expect(order()).toMatchObject({ maxWallClockMs: 0, endOfLife: true });
  });

  it("and its own limit counts where that is shorter", async () => {
    await addJob(world.context, jobSpec("j", "p"));
    await addTasks(world.context, "j", taskSpecs(1, { constraints: { maxWallClockTime: "P100D" } }));
    await world.settle();
    expect(order()?.maxWallClockMs).toBe(100 * DAY_MS);
    expect(order()).not.toHaveProperty("endOfLife");
  });
});
