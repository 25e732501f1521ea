import { beforeEach, describe, expect, it } from "vitest";
import type { JobManagerTask, PoolSpec } from "../../../core/domain/specs.ts";
import { whyTask } from "../../../core/services/explain/why.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { deleteJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { resizePool } from "../../../core/services/pools/resize-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { terminateTask } from "../../../core/services/tasks/end-task.ts";
import { countTasks, getTask } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;

beforeEach(() => {
  world = new TestWorld();
});

const FAILS = { exitCode: 1, failure: { category: "usererror", code: "FailureExitCode" } } as const;

function manager(more: Partial<JobManagerTask> = {}): JobManagerTask {
  return {
    id: "manager",
    commandLine: "/bin/true",
    requiredSlots: 1,
    killJobOnCompletion: true,
    runExclusive: false,
    allowLowPriorityNode: true,
    ...more,
  };
}

async function addManaged(more: Partial<JobManagerTask> = {}, pool: Partial<PoolSpec> = {}, nodes = 1): Promise<void> {
  await addPool(world.context, poolSpec("p", nodes, pool));
  await addJob(world.context, jobSpec("j", "p", { jobManagerTask: manager(more) }));
  await world.settle();
}

/** Where each task runs, by its id. */
function running(): Record<string, string> {
  return Object.fromEntries([...world.nodes.values()].flatMap((node) => [...node.running.keys()].map((id) => [id, node.id])));
}

describe("a job manager", () => {
  it("is there as soon as its job is, counted, and runs", async () => {
    await addManaged();
    expect(Object.keys(running())).toEqual(["manager"]);
    expect((await countTasks(world.context, "j")).tasks).toMatchObject({ active: 0, running: 1 });
    expect(await getTask(world.context, "j", "manager")).toMatchObject({ state: "running", attempt: 1 });
  });

  it("ends its job, and what still runs of it, when it ends", async () => {
    await addManaged({}, { taskSlotsPerNode: 3 });
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    await world.node().end("manager");
    await world.pass(15);
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "JMComplete" });
    expect(running()).toEqual({});
  });

  it("ends its job also when it fails for good or is terminated while it waits", async () => {
    await addManaged();
    await world.node().end("manager", FAILS);
    await world.settle();
    expect(await getJob(world.context, "j")).toMatchObject({ state: "completed", terminateReason: "JMComplete" });
    await addJob(world.context, jobSpec("k", "elsewhere", { jobManagerTask: manager() }));
    await terminateTask(world.context, "k", "manager");
    await world.settle();
    expect(await getJob(world.context, "k")).toMatchObject({ state: "completed", terminateReason: "JMComplete" });
  });

  it("leaves its job alone when it is to", async () => {
    await addManaged({ killJobOnCompletion: false });
    await world.node().end("manager");
    await world.pass(5);
    expect((await getJob(world.context, "j")).state).toBe("active");
  });

  it("goes before the job's other tasks, which wait while there is no room for it", async () => {
    await addPool(world.context, poolSpec("p", 0, { taskSlotsPerNode: 2 }));
    await addJob(world.context, jobSpec("other", "p"));
    await addTasks(world.context, "other", taskSpecs(1));
    await resizePool(world.context, "p", { targetDedicatedNodes: 1, resizeTimeoutMs: 900_000, deallocation: "requeue" });
    await world.settle();
    // One slot is taken: the manager needs both.
    await addJob(world.context, jobSpec("j", "p", { jobManagerTask: manager({ runExclusive: true }) }));
    await addTasks(world.context, "j", taskSpecs(3, { commandLine: "mine" }));
    await world.settle();
    expect(Object.keys(running())).toEqual(["t0000"]);
    expect(world.node().running.get("t0000")?.order.task.jobId).toBe("other");
    await world.node().end("t0000");
    await world.settle();
    expect(Object.keys(running())).toEqual(["manager"]);
  });

  it("has its node to itself when it is exclusive, whatever slots it asks for", async () => {
    await addManaged({ runExclusive: true }, { taskSlotsPerNode: 4 }, 2);
    await addTasks(world.context, "j", taskSpecs(10));
    await world.settle();
    const where = running();
    const others = Object.entries(where).filter(([id]) => id !== "manager");
    expect(others).toHaveLength(4);
    expect(others.every(([, nodeId]) => nodeId !== where.manager)).toBe(true);
    expect((await countTasks(world.context, "j")).slots.running).toBe(5);
  });

  it("runs on dedicated nodes alone where low-priority ones are not allowed", async () => {
    await addManaged({ allowLowPriorityNode: false }, { targetLowPriorityNodes: 2 }, 0);
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    expect(running()).toEqual({});
    await resizePool(world.context, "p", { targetDedicatedNodes: 1, resizeTimeoutMs: 900_000, deallocation: "requeue" });
    await world.settle();
    const [dedicated] = [...world.nodes.values()].filter((node) => node.machine.dedicated);
    expect(running().manager).toBe(dedicated?.id);
    expect(running().t0000).not.toBe(dedicated?.id);
  });

  it("takes the place of another task of its job when it is to run again and all is full", async () => {
    await addManaged({ constraints: { maxTaskRetryCount: 5 } }, {}, 2);
    await addTasks(world.context, "j", taskSpecs(5));
    await world.settle();
    const place = running();
    const its = [...world.nodes.values()].find((node) => node.id === place.manager);
    // Its node is lost, and no other comes.
    world.capacity = 1;
    await world.pass(40, new Set([its?.id ?? ""]));
    expect(running()).toEqual({ manager: place.t0000 });
    const displaced = await getTask(world.context, "j", "t0000");
    expect(displaced).toMatchObject({ state: "active", requeueCount: 0, retryCount: 0 });
    expect((await getTask(world.context, "j", "manager")).attempt).toBe(2);
  });

  it("displaces nobody for its first start, nor a task of another job", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await addJob(world.context, jobSpec("other", "p"));
    await addTasks(world.context, "other", taskSpecs(2));
    await world.settle();
    await addJob(world.context, jobSpec("j", "p", { priority: 10, jobManagerTask: manager() }));
    await world.pass(40);
    expect(Object.keys(running())).toEqual(["t0000"]);
  });

  it("is on the last node that goes when the pool shrinks", async () => {
    await addManaged({}, {}, 4);
    await addTasks(world.context, "j", taskSpecs(3));
    await world.settle();
    const place = running().manager;
    await resizePool(world.context, "p", { targetDedicatedNodes: 1, resizeTimeoutMs: 900_000, deallocation: "requeue" });
    await world.pass(10);
    expect(running()).toEqual({ manager: place });
  });

  it("is told why it waits, as are those behind it", async () => {
    const reasons = async (taskId: string) => (await whyTask(world.context, "j", taskId)).reasons.map(({ code }) => code);
    await addPool(world.context, poolSpec("p", 0, { targetLowPriorityNodes: 1 }));
    await addJob(world.context, jobSpec("j", "p", { jobManagerTask: manager({ allowLowPriorityNode: false }) }));
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    expect(await reasons("manager")).toEqual(["NoDedicatedNode"]);
    expect(await reasons("t0000")).toEqual(["BehindJobManager", "NoDedicatedNode"]);
  });

  it("leaves nothing behind where its job is refused or deleted", async () => {
    await addManaged();
    const before = [...(await everything())];
    await expect(addJob(world.context, jobSpec("j", "p", { jobManagerTask: manager() }))).rejects.toMatchObject({ code: "JobExists" });
    await world.settle();
    expect([...(await everything())]).toEqual(before);
    await deleteJob(world.context, "j");
    await world.pass(200);
    expect((await everything()).filter((pk) => !pk.startsWith("acct#") && !pk.includes("#p"))).toEqual([]);
  });

  async function everything(): Promise<string[]> {
    return world.store.dump().map(({ pk, sk }) => `${pk}|${sk}`);
  }
});
