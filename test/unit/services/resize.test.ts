import { beforeEach, describe, expect, it } from "vitest";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { resizePool, stopResize } from "../../../core/services/pools/resize-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 2));
  await addJob(world.context, jobSpec("j", "p"));
  await addTasks(world.context, "j", taskSpecs(2));
  await world.settle();
  // Nodes finish what they run before they go.
  for (const node of world.nodes.values()) {
    const { hear } = node;
    node.hear = (message) => (message.kind === "leave" && node.running.size > 0 ? Promise.resolve() : hear.call(node, message));
  }
});
const pool = () => getPool(world.context, "p");
const shrink = (timeoutMs = 300_000) =>
  resizePool(world.context, "p", { targetDedicatedNodes: 0, resizeTimeoutMs: timeoutMs, deallocation: "taskcompletion" });

describe("a resize", () => {
  it("that takes longer than it may ends with an error, and its nodes go all the same", async () => {
    await shrink();
    await world.pass(290);
    expect(await pool()).toMatchObject({ allocationState: "resizing", currentDedicatedNodes: 2 });
    await world.pass(45);
    expect(await pool()).toMatchObject({
      allocationState: "steady",
      currentDedicatedNodes: 2,
      spec: { targetDedicatedNodes: 0 },
      resizeErrors: [{ code: "AllocationTimedout" }],
    });
    for (const node of world.nodes.values()) for (const id of [...node.running.keys()]) await node.end(id);
    await world.pass(60);
    expect(await pool()).toMatchObject({ currentDedicatedNodes: 0 });
  });

  it("that is stopped says so where it did not reach its target", async () => {
    world.capacity = 2;
    await resizePool(world.context, "p", { targetDedicatedNodes: 5, resizeTimeoutMs: 300_000, deallocation: "requeue" });
    await stopResize(world.context, "p");
    expect((await pool()).allocationState).toBe("stopping");
    await world.settle();
    expect(await pool()).toMatchObject({
      allocationState: "steady",
      spec: { targetDedicatedNodes: 2 },
      resizeErrors: [{ code: "ResizeStopped" }],
    });
  });

  it("that is stopped when its nodes were told to go has reached its target, and they go", async () => {
    await shrink();
    await world.settle();
    await stopResize(world.context, "p");
    await world.settle();
    const stopped = await pool();
    expect(stopped).toMatchObject({ allocationState: "steady", currentDedicatedNodes: 2, spec: { targetDedicatedNodes: 0 } });
    expect(stopped.resizeErrors).toBeUndefined();
  });
});
