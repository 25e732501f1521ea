import { beforeEach, describe, expect, it } from "vitest";
import { MeteredStore } from "../../../adapters/aws/dynamodb/meter.ts";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { resizePool } from "../../../core/services/pools/resize-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { CountingStore } from "../../support/counting-store.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const HOUR_S = 3_600;
const IDLE_HEARTBEAT_S = 300;
const resize = (dedicated: number) => ({ targetDedicatedNodes: dedicated, resizeTimeoutMs: 900_000, deallocation: "requeue" as const });

/** Requests to the store for a pool's whole life, a node: from none to so many and back. */
async function requestsPerNode(count: number): Promise<number> {
  const store = new CountingStore(new MemoryStore());
  const world = new TestWorld(store);
  await addPool(world.context, poolSpec("p", 0));
  await world.settle();
  store.reset();
  await resizePool(world.context, "p", resize(count));
  await world.settle();
  expect(await getPool(world.context, "p")).toMatchObject({ currentDedicatedNodes: count, allocationState: "steady" });
  await resizePool(world.context, "p", resize(0));
  await world.settle();
  expect(await getPool(world.context, "p")).toMatchObject({ currentDedicatedNodes: 0, allocationState: "steady" });
  return store.requests / count;
}

describe("from no node to many and back", () => {
  it("costs the same requests a node among 1,000 as among 100", { timeout: 60_000 }, async () => {
    const few = await requestsPerNode(100);
    const many = await requestsPerNode(1_000);
    expect(many).toBeLessThanOrEqual(few * 1.05);
    expect(many).toBeLessThanOrEqual(25);
  });
});

describe("a pass", () => {
  let store: CountingStore;
  let world: TestWorld;
  beforeEach(async () => {
    store = new CountingStore(new MemoryStore());
    world = new TestWorld(store);
    await addPool(world.context, poolSpec("p", 200));
    await addJob(world.context, jobSpec("j", "p"));
    await world.settle();
    store.reset();
  });

  it("reads no node more than once to fit the pool", async () => {
    await resizePool(world.context, "p", resize(210));
    const [fit] = world.rings.splice(0);
    await world.context.doorbell.send([{ body: fit ?? { pool: { poolId: "p" } } }]);
    store.reset();
    await world.settle();
    // Those that came are read by their joining, not by a pass.
    expect(store.read.get("node") ?? 0).toBeLessThanOrEqual(210);
  });

  it("that hands out one task looks at few of 200 idle nodes", async () => {
    const meter = new MeteredStore(store);
    Object.assign(world.context, { store: meter });
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    expect(meter.total().readUnits).toBeLessThan(30);
  });
});

describe("1,000 idle nodes", () => {
  it("cost little in an hour", { timeout: 120_000 }, async () => {
    const meter = new MeteredStore(new MemoryStore());
    const world = new TestWorld(meter);
    Object.assign(world.context.settings, {
      heartbeatSeconds: 30,
      idleHeartbeatSeconds: IDLE_HEARTBEAT_S,
      lostAfterSeconds: 180,
      sweepSeconds: 3_600,
    });
    await addPool(world.context, poolSpec("p", 1_000));
    await world.settle();
    meter.reset();
    let rings = 0;
    const { doorbell } = world.context;
    const send = doorbell.send.bind(doorbell);
    Object.assign(doorbell, {
      send: (messages: Parameters<typeof send>[0]) => {
        rings += messages.length;
        return send(messages);
      },
    });
    for (let at = 0; at < HOUR_S; at += IDLE_HEARTBEAT_S) {
      await world.clock.advance(IDLE_HEARTBEAT_S * 1000);
      for (const node of world.nodes.values()) await node.beat();
      await world.settle();
    }
    const { writeUnits, readUnits } = meter.total();
    const beats = 1_000 * (HOUR_S / IDLE_HEARTBEAT_S);
    expect(writeUnits / beats).toBeLessThanOrEqual(1.02);
    expect(readUnits / beats).toBeLessThanOrEqual(3.1);
    expect(rings).toBeLessThanOrEqual(HOUR_S / 300);
  });
});
