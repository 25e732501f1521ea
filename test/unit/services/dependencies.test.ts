import { beforeEach, describe, expect, it } from "vitest";
import type { TaskSpec } from "../../../core/domain/specs.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { deleteJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { recountJob } from "../../../core/services/jobs/recount-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../../core/services/tasks/end-task.ts";
import { reactivateTask } from "../../../core/services/tasks/reactivate-task.ts";
import { countTasks, getTask } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld } from "../../support/world.ts";

let world: TestWorld;

beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 1, { taskSlotsPerNode: 100 }));
  await addJob(world.context, jobSpec("j", "p", { usesTaskDependencies: true }));
  await world.settle();
});

function task(id: string, dependsOn: TaskSpec["dependsOn"] = {}, more: Partial<TaskSpec> = {}): TaskSpec {
  return { id, commandLine: "/bin/true", requiredSlots: 1, dependsOn, ...more };
}
const range = (start: number, end: number) => ({ taskIdRanges: [{ start, end }] });

async function add(...specs: TaskSpec[]): Promise<void> {
  for (let i = 0; i < specs.length; i += 100) {
    for (const outcome of await addTasks(world.context, "j", specs.slice(i, i + 100))) if ("refusal" in outcome) throw outcome.refusal;
  }
  await world.settle();
}
const running = () => [...world.node().running.keys()].sort();
async function end(id: string, exitCode = 0): Promise<void> {
  await world.node().end(id, exitCode === 0 ? { exitCode } : { exitCode, failure: { category: "usererror", code: "FailureExitCode" } });
  await world.settle();
}

describe("a task that depends on others", () => {
  it("waits for all of them, and starts when the last has succeeded", async () => {
    await add(task("c", { taskIds: ["A", "b"] }), task("a"), task("b"));
    expect(running()).toEqual(["a", "b"]);
    expect((await countTasks(world.context, "j")).tasks).toMatchObject({ active: 1, running: 2 });
    await end("a");
    expect(running()).toEqual(["b"]);
    await end("b");
    expect(running()).toEqual(["c"]);
    expect(await getTask(world.context, "j", "c")).toMatchObject({ state: "running", attempt: 1 });
  });

  it("may be added before, with, or after what it depends on", async () => {
    await add(task("before", { taskIds: ["x"] }));
    await add(task("with", { taskIds: ["x"] }), task("x"));
    expect(running()).toEqual(["x"]);
    await end("x");
    expect(running()).toEqual(["before", "with"]);
    await add(task("after", { taskIds: ["x"] }));
    expect(running()).toEqual(["after", "before", "with"]);
  });

  it("waits for ranges, in which leading zeros do not count and the first to complete satisfies", async () => {
    await add(task("t", range(3, 5)), task("3"), task("4"), task("004"), task("05"), task("6"));
    await end("004");
    await end("3");
    expect(running()).toEqual(["05", "4", "6"]);
    await end("05");
    expect(running()).toEqual(["4", "6", "t"]);
  });

  it("waits for a range that is wider than a block, also for ids that are not there yet", async () => {
    const ids = Array.from({ length: 400 }, (_, i) => String(i + 100));
    await add(task("t", range(100, 499)), ...ids.slice(0, 399).map((id) => task(id)));
    for (let node = running(); node.length > 0; node = running()) for (const id of node) await end(id);
    expect(await getTask(world.context, "j", "t")).toMatchObject({ state: "active" });
    await add(task("late", range(100, 498)), task("499"));
    expect(running()).toEqual(["499", "late"]);
    await end("499");
    expect(running()).toEqual(["late", "t"]);
  });

  it("waits for thousands of ids", async () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => `u${i}`);
    await add(task("t", { taskIds: ids }), ...ids.map((id) => task(id)));
    for (let seen = 0; seen < 1_000; seen++) {
      expect(running()).not.toContain("t");
      await end(running()[0] ?? expect.fail());
    }
    expect(running()).toEqual(["t"]);
  });

  it("is one of thousands that wait for one", async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => task(`d${i}`, { taskIds: ["x"] }));
    await add(...many);
    await add(task("x"));
    expect(running()).toEqual(["x"]);
    await end("x");
    for (let ids = running(); ids.length > 0; ids = running()) for (const id of ids) await end(id);
    expect((await countTasks(world.context, "j")).tasks).toMatchObject({ active: 0, succeeded: 3_001 });
  });

  it("never starts where it depends on itself or on a cycle", async () => {
    await add(task("self", { taskIds: ["self"] }), task("a", { taskIds: ["b"] }), task("b", { taskIds: ["a"] }), task("7", range(1, 9)));
    await world.pass(200);
    expect(running()).toEqual([]);
  });

  it("stays blocked by a failure, until that is mended by a success", async () => {
    await add(task("x"), task("t", { taskIds: ["x"] }));
    await end("x", 1);
    await world.pass(10);
    expect(running()).toEqual([]);
    await reactivateTask(world.context, "j", "x");
    await world.settle();
    await end("x");
    expect(running()).toEqual(["t"]);
  });

  it("is free by a failure that its upstream's exit conditions let satisfy, and blocked by a success that they let block", async () => {
    const lenient = { exitConditions: { exitCodes: [{ code: 3, exitOptions: { dependencyAction: "satisfy" as const } }] } };
    const strict = { exitConditions: { exitCodes: [{ code: 0, exitOptions: { dependencyAction: "block" as const } }] } };
    await add(task("x", {}, lenient), task("y", {}, strict), task("tx", { taskIds: ["x"] }), task("ty", { taskIds: ["y"] }));
    await end("x", 3);
    await end("y", 0);
    expect(running()).toEqual(["tx"]);
    await add(task("later", { taskIds: ["x"] }), task("never", { taskIds: ["y"] }));
    expect(running()).toEqual(["later", "tx"]);
  });

  it("is not freed by the end of its upstream at a user's request, nor by its deletion", async () => {
    await add(task("x"), task("y"), task("tx", { taskIds: ["x"] }), task("ty", { taskIds: ["y"] }));
    await terminateTask(world.context, "j", "x");
    await deleteTask(world.context, "j", "y");
    await world.settle();
    expect(running()).toEqual([]);
    await add(task("y"));
    await end("y");
    expect(running()).toEqual(["ty"]);
  });

  it("is blocked still where it was ended and reactivated meanwhile", async () => {
    await add(task("x"), task("t", { taskIds: ["x"] }));
    await terminateTask(world.context, "j", "t");
    await reactivateTask(world.context, "j", "t");
    await world.pass(10);
    expect(running()).toEqual(["x"]);
    await end("x");
    expect(running()).toEqual(["t"]);
  });

  it("starts where its upstream ended while it was ended itself", async () => {
    await add(task("x"), task("t", { taskIds: ["x"] }));
    await terminateTask(world.context, "j", "t");
    await end("x");
    expect(running()).toEqual([]);
    await reactivateTask(world.context, "j", "t");
    await world.settle();
    expect(running()).toEqual(["t"]);
  });

  it("is found by a recount where its release was lost", async () => {
    await add(task("x"), task("y"), task("t", { taskIds: ["x", "y"] }), task("r", range(1, 2)), task("1"), task("2"));
    const { uid } = await getJob(world.context, "j");
    for (const id of ["x", "y", "1"]) {
      const key = world.context.keys.task({ jobId: "j", uid, taskId: id });
      world.node().running.delete(id);
      await world.store.write({ kind: "update", key, set: { state: "completed", result: "success", exitCode: 0 } });
    }
    await recountJob(world.context, { jobId: "j", uid });
    await world.settle();
    expect(running()).toEqual(["2", "t"]);
  });

  it("leaves nothing behind when its job is deleted", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `${i}`);
    await add(task("t", { taskIds: ids, ...range(0, 500) }), ...ids.map((id) => task(id)));
    await end("0");
    await deleteJob(world.context, "j");
    await world.pass(300);
    expect(world.store.dump().filter((item) => item.pk.startsWith("dep#") || item.pk.startsWith("task#"))).toEqual([]);
  });
});

describe("what a task may ask of its job", () => {
  it.each([
    [{ dependsOn: { taskIds: ["x"] } }, "TaskDependenciesNotSpecifiedOnJob"],
    [{ dependsOn: range(1, 2) }, "TaskDependenciesNotSpecifiedOnJob"],
    [{ exitConditions: { default: { dependencyAction: "satisfy" } } }, "InvalidPropertyValue"],
    [{ exitConditions: { default: { jobAction: "disable" } } }, "InvalidPropertyValue"],
  ] as const)("is refused where the job does not do it: %j", async (more, code) => {
    await addJob(world.context, jobSpec("plain", "p"));
    const outcomes = await addTasks(world.context, "plain", [task("good"), { ...task("bad"), ...(more as Partial<TaskSpec>) }]);
    expect(outcomes.map((one) => ("refusal" in one ? one.refusal.code : one.task.id))).toEqual(["good", code]);
    expect((await countTasks(world.context, "plain")).tasks).toMatchObject({ active: 1 });
  });
});

describe("a job that acts on failures", () => {
  const acting = { onTaskFailure: "performexitoptionsjobaction" } as const;
  const disable = { exitConditions: { exitCodes: [{ code: 2, exitOptions: { jobAction: "disable" as const } }] } };

  it("ends with the first, and says why", async () => {
    await addJob(world.context, jobSpec("k", "p", acting));
    await addTasks(world.context, "k", [task("a"), task("b")]);
    await world.settle();
    await end("a", 1);
    await world.pass(5);
    expect(await getJob(world.context, "k")).toMatchObject({ state: "completed", terminateReason: "TaskFailed" });
    expect(await getTask(world.context, "k", "b")).toMatchObject({ state: "completed", failure: { code: "TaskEnded" } });
  });

  it("is disabled where a task's conditions say so, and what runs is requeued", async () => {
    await addJob(world.context, jobSpec("k", "p", acting));
    await addTasks(world.context, "k", [task("a", {}, disable), task("b")]);
    await world.settle();
    await end("a", 2);
    await world.pass(5);
    expect(await getJob(world.context, "k")).toMatchObject({ state: "disabled" });
    expect(await getTask(world.context, "k", "b")).toMatchObject({ state: "active", requeueCount: 1 });
  });

  it("waits until a task's retries are spent", async () => {
    await addJob(world.context, jobSpec("k", "p", acting));
    await addTasks(world.context, "k", [task("a", {}, { constraints: { maxTaskRetryCount: 1 } })]);
    await world.settle();
    await end("a", 1);
    expect(await getJob(world.context, "k")).toMatchObject({ state: "active" });
    await end("a", 1);
    await world.pass(5);
    expect(await getJob(world.context, "k")).toMatchObject({ state: "completed", terminateReason: "TaskFailed" });
  });
});
