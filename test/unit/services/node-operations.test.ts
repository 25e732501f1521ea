import { beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../core/domain/errors.ts";
import type { NodeState } from "../../../core/domain/node.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableScheduling, enableScheduling } from "../../../core/services/nodes/disable-scheduling.ts";
import { getNode, listNodes } from "../../../core/services/nodes/read-nodes.ts";
import { deallocateNode, rebootNode, reimageNode, startNode } from "../../../core/services/nodes/restart-node.ts";
import { uploadLog } from "../../../core/services/nodes/upload-log.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { removeNodes } from "../../../core/services/pools/remove-nodes.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { countTasks, getTask } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});

async function start(nodes: number, tasks: number, slots = 1): Promise<void> {
  await addPool(world.context, poolSpec("p", nodes, { taskSlotsPerNode: slots }));
  await addJob(world.context, jobSpec("j", "p"));
  if (tasks > 0) await addTasks(world.context, "j", taskSpecs(tasks));
  await world.settle();
}
const node = () => getNode(world.context, "p", world.node().id);
const task = (id = "t0000") => getTask(world.context, "j", id);
const counts = async () => (await countTasks(world.context, "j")).tasks;
const refusal = (code: ErrorCode) => expect.objectContaining({ code });

describe("a reboot", () => {
  it("gives the node's tasks back, starts its agent anew and hands it tasks again", async () => {
    await start(1, 2);
    const { lastBootTime } = await node();
    await world.clock.advance(1_000);
    expect((await rebootNode(world.context, "p", world.node().id, "requeue")).state).toBe("rebooting");
    await world.settle();
    expect(await node()).toMatchObject({ state: "running", boot: 2, lastBootTime: expect.not.stringMatching(lastBootTime ?? "") });
    expect((await node()).operation).toBeUndefined();
    const all = await Promise.all([task("t0000"), task("t0001")]);
    expect(all.map(({ state }) => state).sort()).toEqual(["active", "running"]);
    expect((await task()).requeueCount).toBe(1);
  });

  it("ends the node's tasks when told to", async () => {
    await start(1, 1);
    await rebootNode(world.context, "p", world.node().id, "terminate");
    await world.settle();
    expect(await task()).toMatchObject({ state: "completed", failure: { code: "TaskEnded" }, requeueCount: 0 });
    expect(await node()).toMatchObject({ state: "idle", boot: 2 });
  });

  it("waits for the node's tasks when told to, and hands it no other", async () => {
    await start(1, 2);
    await rebootNode(world.context, "p", world.node().id, "taskcompletion");
    await world.pass(60);
    expect(await node()).toMatchObject({ state: "rebooting", boot: 1 });
    expect(await counts()).toMatchObject({ active: 1, running: 1 });
    const [running] = [...world.node().running.keys()];
    await world.node().end(running ?? "");
    await world.settle();
    expect(await node()).toMatchObject({ state: "running", boot: 2 });
    expect(await counts()).toMatchObject({ running: 1, succeeded: 1 });
  });

  it("happens all the same where the node does not end its tasks in time", async () => {
    await start(1, 1);
    const stubborn = world.node();
    stubborn.hear = async () => {};
    await rebootNode(world.context, "p", stubborn.id, "requeue");
    await world.pass(29);
    expect(await node()).toMatchObject({ state: "rebooting", boot: 1 });
    await world.pass(40);
    expect(stubborn.boot).toBe(2);
    expect(await task()).toMatchObject({ state: "active", requeueCount: 1 });
  });

  it("is told again where the word was lost", async () => {
    await start(1, 1);
    const { send } = world.context.nodes;
    world.context.nodes.send = async () => {};
    await rebootNode(world.context, "p", world.node().id, "requeue");
    world.context.nodes.send = send;
    await world.pass(35);
    await world.settle();
    expect(world.node().boot).toBe(2);
  });

  it("waits until the node keeps no data of its tasks, when told to", async () => {
    await start(1, 1);
    const { id } = world.node();
    world.node().tellDrained = async () => {};
    await rebootNode(world.context, "p", id, "retaineddata");
    await world.node().end("t0000");
    await world.pass(60);
    expect(await node()).toMatchObject({ state: "rebooting", boot: 1 });
    await world.node().report({ kind: "drained", at: world.iso(), order: 1 });
    await world.settle();
    expect(await node()).toMatchObject({ state: "idle", boot: 2 });
  });

  it("keeps what is known of the tasks that ran there", async () => {
    await start(1, 1);
    await world.node().end("t0000");
    await world.node().beat();
    await reimageNode(world.context, "p", world.node().id, "requeue");
    await world.pass(6);
    expect(await node()).toMatchObject({ state: "idle", totalTasksRun: 1, totalTasksSucceeded: 1, runningTasks: 0 });
  });

  it("pays no heed to what an earlier start of the agent said", async () => {
    await start(1, 0);
    await rebootNode(world.context, "p", world.node().id, "requeue");
    await world.settle();
    await reimageNode(world.context, "p", world.node().id, "requeue");
    world.rings.length = 0;
    world.node().boot = 1;
    await world.node().report({ kind: "joined", at: world.iso(), held: [], agentVersion: "old" });
    await world.node().report({ kind: "ready", at: world.iso() });
    expect(await node()).toMatchObject({ state: "reimaging", boot: 2 });
  });

  const refused: readonly (readonly [NodeState, ErrorCode])[] = [
    ["creating", "NodeBeingCreated"],
    ["unusable", "NodeStateUnusable"],
    ["rebooting", "NodeBeingRebooted"],
    ["reimaging", "NodeBeingReimaged"],
    ["upgradingos", "NodeBeingReimaged"],
    ["starting", "NodeBeingStarted"],
    ["leavingpool", "OperationInvalidForCurrentState"],
    ["unknown", "OperationInvalidForCurrentState"],
  ];
  it.each(refused)("is refused of a node that is %s: %s", async (state, code) => {
    await start(1, 0);
    await world.context.store.write({ kind: "update", key: world.context.keys.node("p", world.node().id), set: { state } });
    for (const operation of [rebootNode, reimageNode, deallocateNode]) {
      await expect(operation(world.context, "p", world.node().id, "requeue")).rejects.toEqual(refusal(code));
    }
    expect((await node()).state).toBe(state);
  });

  it("is refused of a node or a pool that is not there", async () => {
    await start(1, 0);
    await expect(rebootNode(world.context, "p", "tvmps_none_d", "requeue")).rejects.toEqual(refusal("NodeNotFound"));
    await expect(rebootNode(world.context, "q", world.node().id, "requeue")).rejects.toEqual(refusal("PoolNotFound"));
  });
});

describe("disabled scheduling", () => {
  it.each(["requeue", "terminate"] as const)(
    "sets the node offline when its tasks are dealt with (%s), until it is enabled",
    async (how) => {
      await start(1, 2);
      const disabled = await disableScheduling(world.context, "p", world.node().id, how);
      expect(disabled).toMatchObject({ state: "running", schedulingState: "disabled" });
      await world.pass(40);
      expect(await node()).toMatchObject({ state: "offline", schedulingState: "disabled" });
      expect(await counts()).toMatchObject(how === "requeue" ? { active: 2, running: 0 } : { active: 1, failed: 1 });
      await enableScheduling(world.context, "p", world.node().id);
      await world.settle();
      expect(await node()).toMatchObject({ state: "running", schedulingState: "enabled" });
      expect((await counts()).running).toBe(1);
    },
  );

  it("lets tasks finish when told to", async () => {
    await start(1, 2);
    await disableScheduling(world.context, "p", world.node().id, "taskcompletion");
    await world.pass(20);
    expect((await node()).state).toBe("running");
    for (const id of [...world.node().running.keys()]) await world.node().end(id);
    await world.settle();
    expect((await node()).state).toBe("offline");
    expect(await counts()).toMatchObject({ active: 1, running: 0, succeeded: 1 });
  });

  it("holds through a reboot", async () => {
    await start(1, 1);
    await disableScheduling(world.context, "p", world.node().id, "requeue");
    await world.settle();
    await rebootNode(world.context, "p", world.node().id, "requeue");
    await world.pass(40);
    expect(await node()).toMatchObject({ state: "offline", boot: 2 });
    expect(await counts()).toMatchObject({ active: 1, running: 0 });
  });

  it("is over though the word that it is was lost", async () => {
    await start(1, 1);
    await disableScheduling(world.context, "p", world.node().id, "requeue");
    await world.settle();
    const { send } = world.context.nodes;
    world.context.nodes.send = async () => {};
    await enableScheduling(world.context, "p", world.node().id);
    world.context.nodes.send = send;
    await world.pass(7);
    expect((await node()).state).toBe("running");
  });

  it("is refused twice, and so is its end", async () => {
    await start(1, 0);
    const { id } = world.node();
    await expect(enableScheduling(world.context, "p", id)).rejects.toEqual(refusal("NodeAlreadyInTargetSchedulingState"));
    await disableScheduling(world.context, "p", id, "requeue");
    await expect(disableScheduling(world.context, "p", id, "terminate")).rejects.toEqual(refusal("NodeAlreadyInTargetSchedulingState"));
  });
});

describe("a node that is deallocated", () => {
  it("stays in its pool without a machine, and works again when it is started", async () => {
    await start(2, 0);
    const { id } = world.node();
    await deallocateNode(world.context, "p", id, "requeue");
    await world.pass(120);
    expect(await node()).toMatchObject({ state: "deallocated" });
    expect(await getPool(world.context, "p")).toMatchObject({ currentDedicatedNodes: 2, allocationState: "steady" });
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    expect((await counts()).running).toBe(1);
    await expect(rebootNode(world.context, "p", id, "requeue")).rejects.toEqual(refusal("OperationInvalidForCurrentState"));
    await startNode(world.context, "p", id);
    await world.settle();
    expect((await counts()).running).toBe(2);
    await expect(startNode(world.context, "p", id)).rejects.toEqual(refusal("OperationInvalidForCurrentState"));
  });

  it("can be removed", async () => {
    await start(1, 0);
    await deallocateNode(world.context, "p", world.node().id, "requeue");
    await world.settle();
    await removeNodes(world.context, "p", { nodeIds: [world.node().id], resizeTimeoutMs: 900_000, deallocation: "requeue" });
    await world.pass(120);
    expect(await getPool(world.context, "p")).toMatchObject({ currentDedicatedNodes: 0, allocationState: "steady" });
  });
});

describe("removal", () => {
  const removal = (...nodeIds: string[]) => ({ nodeIds, resizeTimeoutMs: 900_000, deallocation: "requeue" as const });

  it("takes these very nodes, and lowers the target", async () => {
    await start(4, 2);
    const ids = [...world.nodes.values()].map(({ id }) => id);
    await removeNodes(world.context, "p", removal(ids[3] ?? "", ids[1] ?? "", (ids[1] ?? "").toUpperCase()));
    await world.settle();
    const { items } = await listNodes(world.context, "p", { limit: 10 });
    expect(items.map(({ id }) => id).sort()).toEqual([ids[0], ids[2]].sort());
    const pool = await getPool(world.context, "p");
    expect(pool).toMatchObject({ allocationState: "steady", currentDedicatedNodes: 2, spec: { targetDedicatedNodes: 2 } });
    expect((await counts()).running).toBe(2);
  });

  it("is refused as a whole where a node is not the pool's, and while the pool is resized", async () => {
    await start(2, 0);
    const [a = "", b = ""] = [...world.nodes.values()].map(({ id }) => id);
    await expect(removeNodes(world.context, "p", removal(a, "tvmps_none_d"))).rejects.toEqual(refusal("NodeNotFound"));
    expect((await getPool(world.context, "p")).allocationState).toBe("steady");
    await removeNodes(world.context, "p", removal(a));
    await expect(removeNodes(world.context, "p", removal(b))).rejects.toEqual(refusal("PoolBeingResized"));
  });
});

describe("the agent's log", () => {
  it("is asked of the node", async () => {
    await start(1, 0);
    const { virtualDirectoryName, numberOfFilesUploaded } = await uploadLog(world.context, "p", world.node().id, "http://files/c?sig=x");
    await world.settle();
    expect(numberOfFilesUploaded).toBe(1);
    expect(world.node().heard.at(-1)).toEqual({
      kind: "upload-log",
      containerUrl: "http://files/c?sig=x",
      name: `${virtualDirectoryName}/agent.log`,
    });
  });
});
