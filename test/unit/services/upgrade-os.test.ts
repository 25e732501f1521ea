import { beforeEach, describe, expect, it } from "vitest";
import type { Node } from "../../../core/domain/node.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { getNode, listNodes } from "../../../core/services/nodes/read-nodes.ts";
import { deallocateNode, rebootNode, startNode } from "../../../core/services/nodes/restart-node.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { deletePool } from "../../../core/services/pools/delete-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { resizePool } from "../../../core/services/pools/resize-pool.ts";
import { upgradeOs } from "../../../core/services/pools/upgrade-os.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { countTasks, listTasks } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});

async function start(nodes: number, tasks = 0): Promise<void> {
  const cloudServiceConfiguration = { osFamily: "5", osVersion: "1" };
  await addPool(world.context, poolSpec("p", nodes, { cloudServiceConfiguration }));
  await addJob(world.context, jobSpec("j", "p"));
  if (tasks > 0) await addTasks(world.context, "j", taskSpecs(tasks));
  await world.settle();
}
const pool = () => getPool(world.context, "p");
const nodes = async (): Promise<readonly Node[]> => (await listNodes(world.context, "p", { limit: 100 })).items;
const versions = async () => (await nodes()).map(({ osVersion }) => osVersion);
const refusal = (code: string) => expect.objectContaining({ code });

describe("an upgrade of the operating system", () => {
  it("installs every node anew, a fifth of them at a time, and gives their tasks back", async () => {
    await start(10, 10);
    const at = (await pool()).stateTransitionTime;
    await world.clock.advance(1_000);
    const most: number[] = [];
    const watched = world.context.fleet.reimage;
    world.context.fleet.reimage = async (...given) => {
      most.push((await nodes()).filter(({ state }) => state !== "idle" && state !== "running").length);
      return watched(...given);
    };
    await upgradeOs(world.context, "p", "2");
    expect(await pool()).toMatchObject({
      state: "active",
      upgrade: { from: "1" },
      spec: { cloudServiceConfiguration: { osVersion: "2" } },
    });
    await world.settle();
    expect(await versions()).toEqual(Array(10).fill("2"));
    expect(most).toHaveLength(10);
    expect(Math.max(...most)).toBe(2);
    const upgraded = await pool();
    expect(upgraded).not.toHaveProperty("upgrade");
    expect(upgraded).not.toHaveProperty("upgradeLeft");
    expect(upgraded.stateTransitionTime).not.toBe(at);
    expect((await nodes()).map(({ state, boot }) => [state, boot])).toEqual(Array(10).fill(["running", 2]));
    const { items } = await listTasks(world.context, "j", { limit: 100 });
    expect(items.every(({ state }) => state === "running")).toBe(true);
    expect(items.reduce((sum, { requeueCount }) => sum + requeueCount, 0)).toBe(10);
  });

  it("is over at once where there is no node", async () => {
    await start(0);
    await upgradeOs(world.context, "p", "2");
    await world.settle();
    expect(await pool()).not.toHaveProperty("upgrade");
  });

  it.each(["the words to the nodes", "the rings of the pool"])("goes on when %s were lost", async (what) => {
    await start(3, 3);
    const lost = what.startsWith("the words") ? "nodes" : "doorbell";
    const { send } = world.context[lost];
    world.context[lost].send = async () => {};
    await upgradeOs(world.context, "p", "2");
    await world.settle();
    world.context[lost].send = send as never;
    await world.pass(300);
    expect(await versions()).toEqual(["2", "2", "2"]);
    expect(await pool()).not.toHaveProperty("upgrade");
    expect((await countTasks(world.context, "j")).tasks.running).toBe(3);
  });

  it("installs nodes that come meanwhile with the new version, and one that rested when it is back", async () => {
    await start(2);
    const { id } = world.node();
    await deallocateNode(world.context, "p", id, "requeue");
    await world.settle();
    await upgradeOs(world.context, "p", "2");
    await resizePool(world.context, "p", { targetDedicatedNodes: 3, resizeTimeoutMs: 900_000, deallocation: "requeue" });
    await world.settle();
    expect(await pool()).not.toHaveProperty("upgrade");
    expect((await versions()).sort()).toEqual(["1", "2", "2"]);
    await startNode(world.context, "p", id);
    await world.pass(120);
    expect(await getNode(world.context, "p", id)).toMatchObject({ state: "idle", osVersion: "2" });
  });

  it("goes on past a node that dies while it is installed", async () => {
    await start(2);
    const { id, machine } = world.node();
    world.context.fleet.reimage = async (_pool, [dying]) => {
      if (dying === machine.machineId) world.nodes.delete(dying);
      else world.nodes.get(dying ?? "")?.restart();
    };
    await upgradeOs(world.context, "p", "2");
    await world.pass(300);
    expect((await nodes()).map((node) => node.id)).not.toContain(id);
    expect(await versions()).toEqual(["2", "2"]);
    expect(await pool()).not.toHaveProperty("upgrade");
  });

  it("is refused where it cannot be", async () => {
    await start(1);
    await addPool(world.context, poolSpec("machines", 0));
    await expect(upgradeOs(world.context, "none", "2")).rejects.toEqual(refusal("PoolNotFound"));
    await expect(upgradeOs(world.context, "machines", "2")).rejects.toEqual(refusal("PoolNotEligibleForOSVersionUpgrade"));
    await expect(upgradeOs(world.context, "p", "1")).rejects.toEqual(refusal("PoolVersionEqualsUpgradeVersion"));
    await upgradeOs(world.context, "p", "2");
    await expect(upgradeOs(world.context, "p", "2")).rejects.toEqual(refusal("PoolVersionEqualsUpgradeVersion"));
    await expect(upgradeOs(world.context, "p", "3")).rejects.toEqual(refusal("UpgradePoolVersionConflict"));
    await resizePool(world.context, "p", { targetDedicatedNodes: 2, resizeTimeoutMs: 900_000, deallocation: "requeue" });
    await expect(upgradeOs(world.context, "p", "3")).rejects.toEqual(refusal("PoolBeingResized"));
    await deletePool(world.context, "p");
    await expect(upgradeOs(world.context, "p", "3")).rejects.toEqual(refusal("PoolBeingDeleted"));
  });

  it("leaves no node to be rebooted meanwhile", async () => {
    await start(1, 1);
    const { send } = world.context.nodes;
    world.context.nodes.send = async () => {};
    await upgradeOs(world.context, "p", "2");
    await world.settle();
    expect(await getNode(world.context, "p", world.node().id)).toMatchObject({ state: "upgradingos" });
    await expect(rebootNode(world.context, "p", world.node().id, "requeue")).rejects.toEqual(refusal("NodeBeingReimaged"));
    world.context.nodes.send = send;
  });
});
