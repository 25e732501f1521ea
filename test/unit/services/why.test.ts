import { beforeEach, describe, expect, it } from "vitest";
import type { TaskSpec } from "../../../core/domain/specs.ts";
import { whyJob, whyTask } from "../../../core/services/explain/why.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableJob } from "../../../core/services/jobs/disable-job.ts";
import { terminateJob } from "../../../core/services/jobs/end-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});

const task = (id: string, more: Partial<TaskSpec> = {}): TaskSpec => ({ id, commandLine: "/bin/true", requiredSlots: 1, ...more });
async function setUp(nodes: number | undefined, ...tasks: TaskSpec[]): Promise<void> {
  if (nodes !== undefined) await addPool(world.context, poolSpec("p", nodes));
  await addJob(world.context, jobSpec("j", "p", { usesTaskDependencies: true }));
  await addTasks(world.context, "j", tasks);
  await world.settle();
}
const why = async (id: string) => (await whyTask(world.context, "j", id)).reasons;
const codes = async (id: string) => (await why(id)).map(({ code }) => code);

describe("why a task does not run", () => {
  it("is its pool", async () => {
    await setUp(undefined, task("t"));
    expect(await codes("t")).toEqual(["PoolMissing"]);
    await addPool(world.context, poolSpec("p", 0));
    await world.settle();
    expect(await codes("t")).toEqual(["PoolWithoutNodes"]);
  });

  it("is a fleet that gives no nodes", async () => {
    world.capacity = 0;
    await setUp(2, task("t"));
    await world.pass(10);
    expect((await why("t"))[0]).toMatchObject({ code: "ResizeFailed", resizeError: { code: "AccountCoreQuotaReached" } });
  });

  it("is nodes that are not ready", async () => {
    await addPool(world.context, poolSpec("p", 2));
    await addJob(world.context, jobSpec("j", "p"));
    await addTasks(world.context, "j", [task("t")]);
    expect((await codes("t"))[0]).toBe("PoolResizing");
  });

  it("is the slots that it needs, or that others have", async () => {
    await setUp(1, task("a"), task("b"), task("big", { requiredSlots: 2 }));
    const waiting = [...world.node().running.keys()][0] === "a" ? "b" : "a";
    expect(await codes(waiting)).toEqual(["NoFreeSlot"]);
    expect((await why("big"))[0]).toMatchObject({ code: "TooManySlots", requiredSlots: 2, slotsPerNode: 1 });
    await addJob(world.context, jobSpec("first", "p", { priority: 5 }));
    await addTasks(world.context, "first", taskSpecs(7));
    expect((await why(waiting))[0]).toMatchObject({ code: "NoFreeSlot", ahead: 7, since: world.iso() });
    expect(await codes([...world.node().running.keys()][0] ?? "")).toEqual(["NotWaiting"]);
  });

  it("is what it depends on, by name and state", async () => {
    await setUp(1, task("t", { dependsOn: { taskIds: ["x", "gone"], taskIdRanges: [{ start: 7, end: 8 }] } }), task("x"), task("7"));
    await world.node().end("x", { exitCode: 1 });
    await world.settle();
    const [reason] = await why("t");
    expect(reason).toMatchObject({
      code: "Blocked",
      dependencies: [
        { taskId: "x", state: "failed" },
        { taskId: "gone", state: "missing" },
        { taskId: "7", state: "running" },
        { taskId: "8", state: "missing" },
      ],
    });
    expect(reason?.message).toBe(
      "The task waits for task x, which failed (reactivate it, or let its exit conditions satisfy), task gone, which does not exist, task 7, which is running, task 8, which does not exist.",
    );
  });

  it("is a circle that it is in, or behind", async () => {
    const on = (...taskIds: string[]) => ({ dependsOn: { taskIds } });
    await setUp(1, task("a", on("b")), task("b", on("c")), task("c", on("a")), task("d", on("a")), task("self", on("self")));
    expect((await why("a"))[0]).toMatchObject({ code: "DependencyCycle", cycle: ["a", "b", "c"] });
    expect((await why("d"))[0]).toMatchObject({ code: "DependencyCycle", cycle: ["a", "b", "c"] });
    expect((await why("self"))[0]).toMatchObject({ code: "DependencyCycle", cycle: ["self"] });
  });

  it("is one of very many, of which the first are told", async () => {
    await setUp(
      1,
      task("t", {
        dependsOn: { taskIds: Array.from({ length: 2_000 }, (_, i) => `u${i}`), taskIdRanges: [{ start: 0, end: 2_000_000_000 }] },
      }),
    );
    const [reason] = await why("t");
    expect((reason as { dependencies?: unknown[] }).dependencies).toHaveLength(25);
  });

  it("is its job", async () => {
    await setUp(1, task("a"), task("b"));
    await disableJob(world.context, "j", "wait");
    expect((await codes("b"))[0]).toBe("JobDisabled");
    await terminateJob(world.context, "j", "enough");
    expect((await why("b"))[0]).toMatchObject({ code: "JobEnded" });
  });

  it("tells of earlier tries", async () => {
    await setUp(1, task("t", { constraints: { maxTaskRetryCount: 3 } }));
    await addTasks(world.context, "j", [task("u")]);
    await world.node().end("t", { exitCode: 9 });
    await world.settle();
    const waiting = world.node().running.has("t") ? "u" : "t";
    if (waiting === "t") expect((await codes("t")).slice(-1)).toEqual(["TriedAgain"]);
  });
});

describe("why a job is idle", () => {
  it("is that it has no tasks, its pool, or what its first task waits for", async () => {
    await setUp(undefined);
    expect((await whyJob(world.context, "j")).reasons.map(({ code }) => code)).toEqual(["NoTasks"]);
    await addTasks(world.context, "j", [task("t", { dependsOn: { taskIds: ["x"] } })]);
    expect(await whyJob(world.context, "j")).toMatchObject({
      reasons: [{ code: "PoolMissing" }],
      example: { taskId: "t", reasons: [{ code: "Blocked" }] },
    });
  });
});
