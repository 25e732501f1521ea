import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { whyTask } from "../../../core/services/explain/why.ts";
import { listSubtasks } from "../../../core/services/gangs/list-subtasks.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableJob } from "../../../core/services/jobs/disable-job.ts";
import { deleteJob, terminateJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { rebootNode } from "../../../core/services/nodes/restart-node.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../../core/services/tasks/end-task.ts";
import { countTasks, getTask } from "../../../core/services/tasks/read-tasks.ts";
import { CountingStore } from "../../support/counting-store.ts";
import type { TestNode } from "../../support/test-node.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const gangSpec = (id: string, instances: number, more = {}) => ({
  id,
  commandLine: "mpirun",
  requiredSlots: 1,
  multiInstanceSettings: { numberOfInstances: instances, coordinationCommandLine: "listen" },
  ...more,
});

let world: TestWorld;
const nodes = () => [...world.nodes.values()];
const instancesOf = (id: string) =>
  nodes()
    .filter((node) => node.running.has(id))
    .sort((a, b) => instance(a, id) - instance(b, id));
const instance = (node: TestNode, id: string) => node.running.get(id)?.order.multi?.instance ?? -1;
const began = (node: TestNode) => node.heard.filter(({ kind }) => kind === "begin").length;
const task = (id: string) => getTask(world.context, "j", id);

async function scene(count: number, more = {}): Promise<void> {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", count, { enableInterNodeCommunication: true, ...more }));
  await addJob(world.context, jobSpec("j", "p"));
  await world.settle();
}
async function add(...specs: Parameters<typeof addTasks>[2]): Promise<void> {
  await addTasks(world.context, "j", specs);
  await world.settle();
}
async function coordinate(id: string): Promise<TestNode[]> {
  const all = instancesOf(id);
  for (const node of all) await node.coordinate(id);
  await world.settle();
  return all;
}

describe("a multi-instance task", () => {
  beforeEach(() => scene(3));

  it("is given to all its nodes at once, each of which is told of the others; only the primary has what is the primary's", async () => {
    await add(gangSpec("t", 3, { resourceFiles: [{ httpUrl: "http://files/a", filePath: "a" }] }));
    const all = instancesOf("t");
    expect(all).toHaveLength(3);
    const orders = all.map((node) => node.running.get("t")?.order);
    expect(orders.map((order) => order?.multi?.hosts)).toEqual(Array(3).fill(all.map(({ machine }) => machine.ipAddress)));
    expect(orders.map((order) => order?.resourceFiles?.length)).toEqual([1, undefined, undefined]);
    expect(await task("t")).toMatchObject({ state: "running", attempt: 1, node: { nodeId: all[0]?.id } });
    expect((await countTasks(world.context, "j")).tasks).toMatchObject({ active: 0, running: 1 });
  });

  it("begins when all have coordinated, not before; its end ends the others", async () => {
    await add(gangSpec("t", 3));
    const [primary, ...others] = instancesOf("t") as [TestNode, ...TestNode[]];
    await primary.coordinate("t");
    await others[0]?.coordinate("t");
    await others[0]?.coordinate("t");
    await world.settle();
    expect(began(primary)).toBe(0);
    await others[1]?.coordinate("t");
    await world.settle();
    expect([primary, ...others].map(began)).toEqual([1, 0, 0]);
    expect((await listSubtasks(world.context, "j", "t")).subtasks).toMatchObject([
      { instance: 1, state: "running", node: { nodeId: others[0]?.id } },
      { instance: 2, state: "running", node: { nodeId: others[1]?.id } },
    ]);
    await primary.end("t");
    await world.settle();
    expect(await task("t")).toMatchObject({ state: "completed", result: "success" });
    expect(instancesOf("t")).toEqual([]);
    const { subtasks } = await listSubtasks(world.context, "j", "t");
    expect(subtasks).toMatchObject([{ state: "completed", exitCode: 0 }, { state: "completed" }]);
    expect(leases()).toBe(0);
  });

  it("fails as a whole with one instance's coordination, and is tried again when nothing of it runs any more", async () => {
    await add(gangSpec("t", 2, { constraints: { maxTaskRetryCount: 1 } }));
    const [primary, other] = instancesOf("t") as [TestNode, TestNode];
    const ended: string[] = [];
    const hear = primary.hear.bind(primary);
    primary.hear = async (message) => (message.kind === "disband" ? void ended.push(message.task.taskId) : hear(message));
    await other.end("t", { exitCode: 3, failure: { category: "usererror", code: "FailureExitCode" } });
    await world.settle();
    expect(await task("t")).toMatchObject({ state: "active", retryCount: 1, exitCode: 3 });
    expect(ended).toEqual(["t"]);
    // Two nodes are free, and the first attempt may still run on the third.
    expect(instancesOf("t")).toEqual([primary]);
    primary.hear = hear;
    await primary.beat();
    await world.settle();
    expect(instancesOf("t")).toHaveLength(2);
    expect(await task("t")).toMatchObject({ state: "running", attempt: 2 });
    for (const node of instancesOf("t").slice(1))
      await node.end("t", { exitCode: 3, failure: { category: "usererror", code: "FailureExitCode" } });
    await world.settle();
    expect(await task("t")).toMatchObject({ state: "completed", result: "failure", retryCount: 1 });
    expect(instancesOf("t")).toEqual([]);
    expect(leases()).toBe(0);
  });

  it("runs anew, at no cost, when a node is lost, and old reports change nothing", async () => {
    await add(gangSpec("t", 2));
    const [primary, lost] = (await coordinate("t")) as [TestNode, TestNode];
    const order = primary.running.get("t")?.order;
    const silent = new Set([lost.id]);
    await world.pass(45, silent);
    expect(await task("t")).toMatchObject({ state: "running", attempt: 2, retryCount: 0, requeueCount: 0 });
    expect(instancesOf("t")).toHaveLength(2);
    const at = world.iso();
    const member = { gang: order?.multi?.gang ?? "", instance: 0 };
    const ref = order?.task ?? { jobId: "", uid: "", taskId: "" };
    await primary.report({ kind: "task-finished", task: ref, attempt: 1, member, end: { startTime: at, endTime: at, exitCode: 0 } });
    await world.settle();
    expect(await task("t")).toMatchObject({ state: "running", attempt: 2 });
  });

  it("is requeued when one of its nodes is restarted by a user", async () => {
    await add(gangSpec("t", 3));
    const [, other] = (await coordinate("t")) as [TestNode, TestNode];
    await rebootNode(world.context, "p", other.id, "requeue");
    await world.settle();
    await world.pass(5);
    expect(await task("t")).toMatchObject({ state: "running", attempt: 2, requeueCount: 1 });
  });

  it.each(["requeue", "terminate"] as const)("ends everywhere when its job is disabled (%s)", async (how) => {
    await add(gangSpec("t", 3));
    await coordinate("t");
    await disableJob(world.context, "j", how);
    await world.settle();
    await world.pass(3);
    expect((await getJob(world.context, "j")).state).toBe("disabled");
    expect(instancesOf("t")).toEqual([]);
    expect(await task("t")).toMatchObject(how === "requeue" ? { state: "active", requeueCount: 1 } : { state: "completed" });
    expect(leases()).toBe(0);
  });

  it.each([
    ["it is terminated", () => terminateTask(world.context, "j", "t")],
    ["it is deleted", () => deleteTask(world.context, "j", "t")],
    ["its job is terminated", () => terminateJob(world.context, "j", "enough")],
    ["its job is deleted", () => deleteJob(world.context, "j")],
  ])("ends everywhere when %s", async (_when, act) => {
    await add(gangSpec("t", 3));
    await coordinate("t");
    await act();
    await world.settle();
    await world.pass(5);
    expect(instancesOf("t")).toEqual([]);
    expect(leases()).toBe(0);
    const left = world.store.dump().filter(({ pk }) => pk.startsWith("sub#"));
    if (_when.includes("deleted")) expect(left).toEqual([]);
    else expect(left.filter(({ state }) => state === "running")).toEqual([]);
  });

  it("waits on a pool that cannot run it, and is told why", async () => {
    await add(gangSpec("large", 4));
    expect(await reasons("large")).toMatchObject([{ code: "TooFewNodes", numberOfInstances: 4, usableNodes: 3 }]);
    await scene(3, { enableInterNodeCommunication: false, taskSlotsPerNode: 2 });
    await add(gangSpec("t", 2));
    expect(instancesOf("t")).toEqual([]);
    expect((await reasons("t")).map(({ code }) => code)).toEqual(["NoInterNodeCommunication", "SharedNodes"]);
  });

  it("with one instance coordinates and begins on its one node", async () => {
    await add(gangSpec("t", 1));
    const [only] = await coordinate("t");
    expect(began(only as TestNode)).toBe(1);
    expect((await listSubtasks(world.context, "j", "t")).subtasks).toEqual([]);
  });
});

describe("beside single tasks", () => {
  const endOne = async (node: TestNode) => {
    const [id] = node.running.keys();
    if (id !== undefined) await node.end(id);
    await world.settle();
  };

  it("is passed over while nodes are not free, for a while; then they are kept for it", async () => {
    await scene(3);
    await add(...taskSpecs(3));
    await add(gangSpec("t", 3), ...taskSpecs(40, { commandLine: "later" }).map((spec) => ({ ...spec, id: `later-${spec.id}` })));
    for (let round = 0; round < 3; round++) for (const node of nodes()) await endOne(node);
    expect(nodes().map((node) => node.running.size)).toEqual([1, 1, 1]);
    expect(await reasons("t")).toMatchObject([{ code: "NoFreeNodes", idleNodes: 0 }]);
    await world.pass(31);
    for (const node of nodes()) await endOne(node);
    expect(instancesOf("t")).toHaveLength(3);
  });

  it("goes with another: two that need the same nodes run one after the other", async () => {
    await scene(3);
    await addJob(world.context, jobSpec("k", "p"));
    await addTasks(world.context, "k", [gangSpec("u", 2)]);
    await world.settle();
    await add(gangSpec("t", 2));
    expect([instancesOf("u").length, instancesOf("t").length]).toEqual([2, 0]);
    await instancesOf("u")[0]?.end("u");
    await world.settle();
    expect(instancesOf("t")).toHaveLength(2);
  });

  it("keeps no node for one whose job cannot be prepared on enough nodes", async () => {
    await scene(3);
    const command = { id: "jobpreparation", commandLine: "prepare", constraints: {} };
    const jobPreparationTask = { ...command, waitForSuccess: true, rerunOnNodeRebootAfterSuccess: true };
    await addJob(world.context, jobSpec("prepared", "p", { jobPreparationTask }));
    await addTasks(world.context, "prepared", [gangSpec("gang", 3)]);
    await world.settle();
    const [refuses] = instancesOf("gang");
    const uid = refuses?.running.get("gang")?.order.task.uid ?? "";
    const load = refuses?.load.bind(refuses);
    Object.assign(refuses ?? {}, { load: () => ({ ...load?.(), unprepared: [uid] }) });
    await refuses?.giveBack("gang", "preparation-failed");
    await world.settle();
    await world.pass(40);
    expect(instancesOf("gang")).toEqual([]);
    await add(...taskSpecs(3));
    expect(nodes().map((node) => node.running.size)).toEqual([1, 1, 1]);
  });

  it("keeps no node for one that the pool has too few nodes for", async () => {
    await scene(3);
    await add(gangSpec("t", 4), ...taskSpecs(30));
    await world.pass(40);
    for (const node of nodes()) await endOne(node);
    expect(nodes().map((node) => node.running.size)).toEqual([1, 1, 1]);
  });
});

describe("of 1,000 instances", () => {
  it("is placed in one pass, and costs the same requests a node as one of 100", { timeout: 60_000 }, async () => {
    const costs = [];
    for (const count of [100, 1_000]) {
      const store = new CountingStore(new MemoryStore());
      world = new TestWorld(store);
      await addPool(world.context, poolSpec("p", count, { enableInterNodeCommunication: true }));
      await addJob(world.context, jobSpec("j", "p"));
      await world.settle();
      store.reset();
      await addTasks(world.context, "j", [gangSpec("t", count)]);
      await world.settle();
      expect(instancesOf("t")).toHaveLength(count);
      const placing = store.requests / count;
      const [primary] = await coordinate("t");
      expect(began(primary as TestNode)).toBe(1);
      await primary?.end("t");
      await world.settle();
      expect(instancesOf("t")).toEqual([]);
      costs.push({ placing, all: store.requests / count });
    }
    const [few, many] = costs;
    expect(many?.placing).toBeLessThanOrEqual((few?.placing ?? 0) * 1.05);
    expect(many?.placing).toBeLessThanOrEqual(0.25);
    expect(many?.all).toBeLessThanOrEqual((few?.all ?? 0) * 1.05);
    expect(many?.all).toBeLessThanOrEqual(10);
  });
});

async function reasons(id: string) {
  return (await whyTask(world.context, "j", id)).reasons;
}
function leases(): number {
  return world.store.dump().filter(({ pk }) => pk.startsWith("lease#")).length;
}
