import { beforeEach, describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableScheduling } from "../../../core/services/nodes/disable-scheduling.ts";
import { getNode, listNodes } from "../../../core/services/nodes/read-nodes.ts";
import { rebootNode } from "../../../core/services/nodes/restart-node.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { countNodes } from "../../../core/services/pools/count-nodes.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { countTasks } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
  Object.assign(world.context.settings, { sweepSeconds: 10 });
});

async function start(nodes: number, tasks: number): Promise<void> {
  await addPool(world.context, poolSpec("p", nodes));
  await addJob(world.context, jobSpec("j", "p"));
  if (tasks > 0) await addTasks(world.context, "j", taskSpecs(tasks));
  await world.settle();
}
const node = (index = 0) => getNode(world.context, "p", world.node(index).id);
const counts = async () => (await countTasks(world.context, "j")).tasks;
const silent = () => new Set([world.node().id]);

describe("a node that is not heard of", () => {
  it.each([
    ["idle", 0],
    ["running", 1],
  ])("is unknown, and %s again when it speaks", async (state, tasks) => {
    await start(1, tasks);
    await world.pass(21, silent());
    expect(await node()).toMatchObject({ state: "unknown" });
    expect((await countNodes(world.context, "p")).dedicated.get("unknown")).toBe(1);
    await world.node().beat();
    await world.settle();
    expect((await node()).state).toBe(state);
    expect(await node()).not.toHaveProperty("overdueSince");
    expect((await counts()).running).toBe(tasks);
    await addTasks(world.context, "j", [{ id: "more", commandLine: "x", requiredSlots: 1 }]);
    await world.settle();
    expect((await counts()).running).toBe(1);
  });

  it("is given no tasks while it is unknown", async () => {
    await start(1, 0);
    await world.pass(21, silent());
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    expect(await counts()).toMatchObject({ active: 1, running: 0 });
  });

  it("is given up as soon as if it had not been shown as unknown, and replaced", async () => {
    await start(1, 1);
    const { id } = world.node();
    await world.pass(21, silent());
    expect((await node()).state).toBe("unknown");
    await world.pass(20, silent());
    const { items } = await listNodes(world.context, "p", { limit: 10 });
    expect(items.map((one) => one.id)).not.toContain(id);
    expect(items).toHaveLength(1);
    expect(await counts()).toMatchObject({ running: 1 });
  });

  it("is offline again where its scheduling is disabled", async () => {
    await start(1, 0);
    await disableScheduling(world.context, "p", world.node().id, "requeue");
    await world.settle();
    await world.pass(21, silent());
    expect((await node()).state).toBe("unknown");
    await world.node().beat();
    await world.settle();
    expect((await node()).state).toBe("offline");
  });

  it("stays what it is where its word came between the look and the mark", async () => {
    await start(1, 0);
    const { list } = world.context.fleet;
    await world.pass(9);
    await world.clock.advance(15_000);
    world.context.fleet.list = async (pool) => {
      await world.node().beat();
      return list(pool);
    };
    await world.pass(2, silent());
    expect((await node()).state).toBe("idle");
  });
});

describe("a node whose disk is full", () => {
  it("is unusable and says why; what runs there runs on, and nothing else comes", async () => {
    await start(2, 2);
    world.node().diskFull = true;
    await world.node().beat();
    await addTasks(world.context, "j", [{ id: "more", commandLine: "x", requiredSlots: 1 }]);
    await world.settle();
    expect(await node()).toMatchObject({ state: "unusable", errors: [{ code: "DiskFull" }] });
    expect(await counts()).toMatchObject({ running: 2, active: 1 });
    await world.node().end([...world.node().running.keys()][0] ?? "");
    await world.pass(60);
    expect(await counts()).toMatchObject({ running: 1, active: 1, succeeded: 1 });
    await expect(rebootNode(world.context, "p", world.node().id, "requeue")).rejects.toMatchObject({ code: "NodeStateUnusable" });
  });

  it("works again when there is room", async () => {
    await start(1, 0);
    world.node().diskFull = true;
    await world.node().beat();
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    expect((await counts()).active).toBe(1);
    world.node().diskFull = false;
    await world.node().beat();
    await world.settle();
    expect(await node()).toMatchObject({ state: "running" });
    expect(await node()).not.toHaveProperty("errors");
    expect((await counts()).running).toBe(1);
  });

  it("is given up when it is silent", async () => {
    await start(1, 0);
    const { id } = world.node();
    world.node().diskFull = true;
    await world.node().beat();
    await world.pass(41, silent());
    const { items } = await listNodes(world.context, "p", { limit: 10 });
    expect(items).toHaveLength(1);
    expect(items[0]?.id).not.toBe(id);
  });

  it("is not so by the word of an earlier start of its agent", async () => {
    await start(1, 0);
    await rebootNode(world.context, "p", world.node().id, "requeue");
    await world.settle();
    world.node().boot = 1;
    world.node().diskFull = true;
    await world.node().beat();
    expect((await node()).state).toBe("idle");
  });
});
