import { beforeEach, describe, expect, it } from "vitest";
import { deallocateNode } from "../../../core/services/nodes/restart-node.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { countNodes, listNodeCounts } from "../../../core/services/pools/count-nodes.ts";
import { deletePool } from "../../../core/services/pools/delete-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { resizePool } from "../../../core/services/pools/resize-pool.ts";
import { updatePool } from "../../../core/services/pools/update-pool.ts";
import { poolSpec, TestWorld } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});
const startTask = { commandLine: "/bin/true", maxTaskRetryCount: 0, waitForSuccess: true };
const resize = (dedicated: number, lowPriority = 0) => ({
  targetDedicatedNodes: dedicated,
  targetLowPriorityNodes: lowPriority,
  resizeTimeoutMs: 900_000,
  deallocation: "requeue" as const,
});

describe("a pool's properties", () => {
  it("change one by one; null clears, and what is not named stays", async () => {
    const added = await addPool(world.context, poolSpec("p", 1, { metadata: [{ name: "a", value: "b" }] }));
    const changed = await updatePool(world.context, "p", { startTask });
    expect(changed.spec).toMatchObject({ startTask, metadata: [{ name: "a", value: "b" }] });
    expect(changed.etag).not.toBe(added.etag);
    const cleared = await updatePool(world.context, "p", { startTask: null, metadata: null });
    expect(cleared.spec).not.toHaveProperty("startTask");
    expect(cleared.spec).not.toHaveProperty("metadata");
  });

  it("that nodes are made by change only while there are none", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await world.settle();
    const changes = { vmSize: "standard_d4_v3", taskSlotsPerNode: 16 };
    await expect(updatePool(world.context, "p", changes)).rejects.toMatchObject({ code: "OperationInvalidForCurrentState" });
    await resizePool(world.context, "p", resize(0));
    await world.settle();
    expect((await updatePool(world.context, "p", changes)).spec).toMatchObject(changes);
    await expect(updatePool(world.context, "p", { taskSlotsPerNode: 17 })).rejects.toMatchObject({ code: "InvalidPropertyValue" });
  });

  it("do not change when it is going", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await world.settle();
    await deletePool(world.context, "p");
    await expect(updatePool(world.context, "p", { startTask })).rejects.toMatchObject({ code: "PoolBeingDeleted" });
  });
});

describe("quotas", () => {
  it("bound the number of pools", async () => {
    Object.assign(world.context.settings, { poolQuota: 2 });
    await addPool(world.context, poolSpec("a", 0));
    await addPool(world.context, poolSpec("b", 0));
    await expect(addPool(world.context, poolSpec("c", 0))).rejects.toMatchObject({ code: "PoolQuotaReached" });
    await deletePool(world.context, "a");
    await world.settle();
    await addPool(world.context, poolSpec("c", 0));
  });

  it("bound the cores of all pools together: the pool gets what is left of each kind, and is told what it did not get", async () => {
    Object.assign(world.context.settings, { coreQuota: { dedicated: 7, lowPriority: 4 } });
    await addPool(world.context, poolSpec("a", 2));
    await world.settle();
    await addPool(world.context, poolSpec("b", 2, { targetLowPriorityNodes: 2 }));
    await world.settle();
    expect(await getPool(world.context, "b")).toMatchObject({
      allocationState: "steady",
      currentDedicatedNodes: 1,
      currentLowPriorityNodes: 2,
      resizeErrors: [{ code: "AccountCoreQuotaReached" }],
    });
    await resizePool(world.context, "a", resize(0));
    await world.settle();
    await resizePool(world.context, "b", resize(3, 2));
    await world.settle();
    const pool = await getPool(world.context, "b");
    expect(pool).toMatchObject({ currentDedicatedNodes: 3 });
    expect(pool.resizeErrors).toBeUndefined();
  });
});

describe("node counts", () => {
  it("are of each pool, by kind and state", async () => {
    await addPool(world.context, poolSpec("a", 2, { targetLowPriorityNodes: 1 }));
    await addPool(world.context, poolSpec("b", 0));
    await world.settle();
    await deallocateNode(world.context, "a", world.node().id, "requeue");
    await world.settle();
    const { items } = await listNodeCounts(world.context, { limit: 10 });
    expect(items.map(({ poolId }) => poolId)).toEqual(["a", "b"]);
    const { dedicated, lowPriority } = await countNodes(world.context, "A");
    expect(Object.fromEntries(dedicated)).toEqual({ idle: 1, deallocated: 1 });
    expect(Object.fromEntries(lowPriority)).toEqual({ idle: 1 });
  });
});
