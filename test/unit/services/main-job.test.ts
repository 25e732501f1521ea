import { beforeEach, describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableJob, enableJob } from "../../../core/services/jobs/disable-job.ts";
import { deleteJob, terminateJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { listNodes } from "../../../core/services/nodes/read-nodes.ts";
import { runPoolPass } from "../../../core/services/passes/run-pool-pass.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { deletePool } from "../../../core/services/pools/delete-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { resizePool } from "../../../core/services/pools/resize-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../../core/services/tasks/end-task.ts";
import { reactivateTask } from "../../../core/services/tasks/reactivate-task.ts";
import { countTasks, getTask, listTasks } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
const resize = (dedicated: number) => ({ targetDedicatedNodes: dedicated, resizeTimeoutMs: 900_000, deallocation: "requeue" as const });

beforeEach(() => {
  world = new TestWorld();
});

async function start(nodes: number, tasks: number, slots = 1, retries = 0): Promise<void> {
  await addPool(world.context, poolSpec("p", nodes, { taskSlotsPerNode: slots }));
  await addJob(world.context, jobSpec("j", "p", { constraints: { maxTaskRetryCount: retries } }));
  for (let i = 0; i < tasks; i += 100) await addTasks(world.context, "j", taskSpecs(tasks).slice(i, i + 100));
  await world.settle();
}

async function counts() {
  return (await countTasks(world.context, "j")).tasks;
}

async function finishAll(): Promise<void> {
  for (;;) {
    const node = [...world.nodes.values()].find((one) => one.running.size > 0);
    if (!node) return;
    for (const id of [...node.running.keys()]) await node.end(id);
    await world.settle();
  }
}

describe("the main job", () => {
  it("makes the pool's nodes ready and steady", async () => {
    await start(3, 0);
    const pool = await getPool(world.context, "P");
    expect(pool).toMatchObject({ id: "p", allocationState: "steady", currentDedicatedNodes: 3 });
    const nodes = await listNodes(world.context, "p", { limit: 10 });
    expect(nodes.items.map((node) => node.state)).toEqual(["idle", "idle", "idle"]);
  });

  it("runs as many tasks as there are slots, and the rest after them", async () => {
    await start(2, 10, 2);
    expect(await counts()).toEqual({ active: 6, running: 4, completed: 0, succeeded: 0, failed: 0 });
    expect([...world.nodes.values()].map((node) => node.running.size)).toEqual([2, 2]);
    await finishAll();
    expect(await counts()).toEqual({ active: 0, running: 0, completed: 10, succeeded: 10, failed: 0 });
    const nodes = await listNodes(world.context, "p", { limit: 10 });
    expect(nodes.items.map((node) => node.state)).toEqual(["idle", "idle"]);
    const page = await listTasks(world.context, "j", { limit: 100 });
    expect(page.items.every((task) => task.state === "completed" && task.attempt === 1 && task.result === "success")).toBe(true);
  });

  it("keeps nothing but the tasks when all are complete", async () => {
    await start(2, 60, 2);
    await finishAll();
    const left = world.store.dump().map((item) => item.pk.split("#")[0]);
    expect(left.filter((kind) => kind === "ready" || kind === "lease" || kind === "waiting")).toEqual([]);
  });

  it("tries a failed task again as often as it may, and then gives up", async () => {
    await start(1, 1, 1, 2);
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect((await getTask(world.context, "j", "t0000")).attempt).toBe(attempt);
      await world.node().end("t0000", { exitCode: 7, failure: { category: "usererror", code: "FailureExitCode" } });
      await world.settle();
    }
    expect(await getTask(world.context, "j", "t0000")).toMatchObject({ state: "completed", result: "failure", exitCode: 7, retryCount: 2 });
    expect(await counts()).toMatchObject({ failed: 1, active: 0, running: 0 });
  });

  it("ignores a report on an old attempt", async () => {
    await start(1, 1, 1, 5);
    const order = [...world.node().running.values()][0]?.order;
    await world.node().end("t0000", { exitCode: 1 });
    await world.settle();
    const end = { startTime: world.iso(), endTime: world.iso(), exitCode: 0 };
    await world.node().report({ kind: "task-finished", task: order?.task ?? expect.fail(), attempt: 1, end });
    expect(await getTask(world.context, "j", "t0000")).toMatchObject({ state: "running", attempt: 2, retryCount: 1 });
  });

  it("refuses a task that is there, and adds the others", async () => {
    await start(0, 2);
    const outcomes = await addTasks(world.context, "j", taskSpecs(4));
    expect(outcomes.map((one) => ("refusal" in one ? one.refusal.code : "added"))).toEqual(["TaskExists", "TaskExists", "added", "added"]);
    expect(await counts()).toMatchObject({ active: 4 });
    await resizePool(world.context, "p", resize(1));
    await world.settle();
    await finishAll();
    expect(await counts()).toMatchObject({ active: 0, succeeded: 4 });
  });
});

describe("nodes that go", () => {
  it("gives the tasks of a silent node to others, and charges nothing", async () => {
    await start(2, 2, 1, 0);
    const silent = world.node(0);
    await world.pass(100, new Set([silent.id]));
    const tasks = (await listTasks(world.context, "j", { limit: 10 })).items;
    expect(tasks.map((task) => task.attempt).sort()).toEqual([1, 2]);
    expect(tasks.every((task) => task.retryCount === 0 && task.requeueCount === 0)).toBe(true);
    expect((await getPool(world.context, "p")).currentDedicatedNodes).toBe(2);
    expect(world.nodes.size).toBe(2);
    await finishAll();
    expect(await counts()).toMatchObject({ succeeded: 2 });
  });

  it("requeues what runs on nodes that a resize takes away", async () => {
    await start(2, 2);
    await resizePool(world.context, "p", resize(1));
    await world.settle();
    expect(await counts()).toMatchObject({ active: 1, running: 1 });
    expect((await getPool(world.context, "p")).allocationState).toBe("steady");
    const tasks = (await listTasks(world.context, "j", { limit: 10 })).items;
    expect(tasks.map((task) => task.requeueCount).sort()).toEqual([0, 1]);
    await finishAll();
    expect(await counts()).toMatchObject({ succeeded: 2 });
  });

  it("deletes a pool with its nodes, and keeps its jobs waiting", async () => {
    await start(2, 3);
    await deletePool(world.context, "p");
    await world.settle();
    await expect(getPool(world.context, "p")).rejects.toMatchObject({ code: "PoolNotFound" });
    expect(world.nodes.size).toBe(0);
    expect(await counts()).toMatchObject({ active: 3, running: 0 });
    await addPool(world.context, poolSpec("p", 1));
    await world.settle();
    await finishAll();
    expect(await counts()).toMatchObject({ succeeded: 3 });
  });

  it("says what the fleet could not give, and works with the rest", async () => {
    world.capacity = 3;
    await start(8, 3);
    expect(await getPool(world.context, "p")).toMatchObject({
      allocationState: "steady",
      currentDedicatedNodes: 3,
      resizeErrors: [{ code: "AccountCoreQuotaReached" }],
    });
    expect(await counts()).toMatchObject({ running: 3 });
  });
});

describe("jobs", () => {
  it("disables with requeue and enables again", async () => {
    await start(2, 3);
    await disableJob(world.context, "j", "requeue");
    await world.pass(5);
    expect((await getJob(world.context, "j")).state).toBe("disabled");
    expect(await counts()).toMatchObject({ active: 3, running: 0 });
    await enableJob(world.context, "j");
    await world.settle();
    expect(await counts()).toMatchObject({ running: 2 });
    await finishAll();
    expect(await counts()).toMatchObject({ succeeded: 3 });
  });

  it("disables by waiting", async () => {
    await start(1, 2);
    await disableJob(world.context, "j", "wait");
    await world.pass(3);
    expect((await getJob(world.context, "j")).state).toBe("disabling");
    await world.node().end("t0000");
    await world.pass(3);
    expect((await getJob(world.context, "j")).state).toBe("disabled");
    expect(await counts()).toMatchObject({ active: 1, succeeded: 1 });
  });

  it("terminates: what runs ends, what waits stays active", async () => {
    await start(1, 2);
    await terminateJob(world.context, "j", "enough");
    await world.pass(5);
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "enough" });
    expect(await counts()).toMatchObject({ active: 1, failed: 1 });
    expect((await getTask(world.context, "j", "t0000")).failure?.code).toBe("TaskEnded");
    await expect(addTasks(world.context, "j", taskSpecs(1))).rejects.toMatchObject({ code: "JobCompleted" });
  });

  it("ends when its time is over", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await addJob(world.context, jobSpec("j", "p", { constraints: { maxWallClockTime: "PT1M", maxTaskRetryCount: 0 } }));
    await addTasks(world.context, "j", taskSpecs(1));
    await world.pass(65);
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "MaxWallClockTimeExpiry" });
  });

  it("ends with its last task where it is to", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await addJob(world.context, jobSpec("j", "p"));
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    const { updateJob } = await import("../../../core/services/jobs/update-job.ts");
    await updateJob(world.context, "j", { onAllTasksComplete: "terminatejob" });
    await world.settle();
    expect((await getJob(world.context, "j")).state).toBe("active");
    await finishAll();
    await world.pass(3);
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "AllTasksComplete" });
  });

  it("leaves the store as empty as it began", async () => {
    await start(2, 150, 4);
    await terminateTask(world.context, "j", "t0149");
    await deleteTask(world.context, "j", "t0001");
    await world.settle();
    await deleteJob(world.context, "j");
    await world.settle();
    await expect(getJob(world.context, "j")).rejects.toMatchObject({ code: "JobNotFound" });
    expect([...world.nodes.values()].map((node) => node.running.size)).toEqual([0, 0]);
    await deletePool(world.context, "p");
    await world.pass(200);
    // What the account's statistics have of them stays.
    expect(world.store.dump().filter(({ pk }) => !/^(stats|usage)#/.test(pk))).toEqual([]);
  });
});

describe("tasks", () => {
  it("are terminated while they wait and while they run", async () => {
    await start(1, 2);
    await terminateTask(world.context, "j", "t0001");
    expect(await getTask(world.context, "j", "t0001")).toMatchObject({ state: "completed", result: "failure" });
    await terminateTask(world.context, "j", "t0000");
    await world.settle();
    expect(await getTask(world.context, "j", "t0000")).toMatchObject({
      state: "completed",
      result: "failure",
      failure: { code: "TaskEnded" },
    });
    await expect(terminateTask(world.context, "j", "t0000")).rejects.toMatchObject({ code: "TaskCompleted" });
    expect(await counts()).toMatchObject({ active: 0, running: 0, failed: 2 });
  });

  it("are reactivated when they failed, and only then", async () => {
    await start(1, 2, 2);
    await expect(reactivateTask(world.context, "j", "t0000")).rejects.toMatchObject({ code: "TaskNotCompleted" });
    await world.node().end("t0000", { exitCode: 3 });
    await world.node().end("t0001");
    await expect(reactivateTask(world.context, "j", "t0001")).rejects.toMatchObject({ code: "TaskSucceeded" });
    await reactivateTask(world.context, "j", "t0000");
    await world.settle();
    expect(await getTask(world.context, "j", "t0000")).toMatchObject({ state: "running", attempt: 2, retryCount: 0 });
    await finishAll();
    expect(await counts()).toMatchObject({ succeeded: 2, failed: 0 });
  });
});

describe("a node's word", () => {
  it("counts only for the tasks that it holds", async () => {
    await start(2, 2);
    const [first, second] = [world.node(0), world.node(1)];
    const order = [...first.running.values()][0]?.order ?? expect.fail();
    const end = { startTime: world.iso(), endTime: world.iso(), exitCode: 0 };
    await second.report({ kind: "task-finished", task: order.task, attempt: order.attempt, end });
    expect((await getTask(world.context, "j", order.task.taskId)).state).toBe("running");
    await first.end(order.task.taskId);
    expect((await getTask(world.context, "j", order.task.taskId)).state).toBe("completed");
  });
});

describe("a machine that never speaks", () => {
  it("is given up after a quarter of an hour, and replaced", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await runPoolPass(world.context, "p", world.rings.splice(0));
    const first = [...world.nodes.keys()];
    const mute = new Set([world.node().id]);
    world.node().joined = true;
    await world.pass(800, mute);
    expect([...world.nodes.keys()]).toEqual(first);
    await world.pass(200, mute);
    expect([...world.nodes.keys()]).not.toEqual(first);
    const nodes = await listNodes(world.context, "p", { limit: 10 });
    expect(nodes.items.map((node) => node.state)).toEqual(["idle"]);
  });
});
