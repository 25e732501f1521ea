import { describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { MeteredStore } from "../../adapters/aws/dynamodb/meter.ts";
import { MemoryStore } from "../../adapters/memory/memory-store.ts";
import type { Sender } from "../../core/ports/queue.ts";
import type { Store } from "../../core/ports/store.ts";
import { testTable } from "../support/dynamo-table.ts";
import { idlePool, type Load, runTasks } from "../support/task-life.ts";
import { TestWorld } from "../support/world.ts";

const dynamo = inject("dynamo");

/** What three conditional writes of a task's own item leave for all else: what waits, what was handed out, counts. */
const WRITE_UNITS = 3.9;
const READ_UNITS = 1;
/** Requests that send to the doorbell, to nodes and to later work. */
const SENDS = 0.4;

/** What one task costs in its whole life, in DynamoDB's units. */
async function costPerTask(store: Store, load: Load) {
  const meter = new MeteredStore(store);
  const world = new TestWorld(meter);
  await idlePool(world, load);
  meter.reset();
  const sent = countSends(world);
  await runTasks(world, load);
  const { requests, writeUnits, readUnits } = meter.total();
  const report = [...meter.counts]
    .map(([name, count]) => ({ name, writes: count.writeUnits / load.tasks, reads: count.readUnits / load.tasks }))
    .sort((a, b) => b.writes + b.reads - a.writes - a.reads)
    .map(({ name, writes, reads }) => `${name}: ${writes.toFixed(3)} write, ${reads.toFixed(3)} read`);
  return {
    requests: requests / load.tasks,
    sends: sent() / load.tasks,
    writeUnits: writeUnits / load.tasks,
    readUnits: readUnits / load.tasks,
    report,
  };
}

/** How many requests to SQS the control plane makes to send: ten messages in one, a queue a node. */
function countSends({ context }: TestWorld): () => number {
  let requests = 0;
  for (const sender of [context.doorbell, context.work] as Sender<unknown>[]) {
    const send = sender.send.bind(sender);
    sender.send = (messages) => {
      requests += Math.ceil(messages.length / 10);
      return send(messages);
    };
  }
  const { nodes } = context;
  const send = nodes.send.bind(nodes);
  nodes.send = (machineId, messages) => {
    requests += Math.ceil(messages.length / 10);
    return send(machineId, messages);
  };
  return () => requests;
}

const short: Load = { tasks: 1_000, nodes: 8, slotsPerNode: 4, taskMs: 100, everyMs: 250 };

describe("a plain task's whole life", () => {
  it("costs at most 3.9 write and 1 read request units", async () => {
    const cost = await costPerTask(new MemoryStore(), short);
    expect(cost.writeUnits, cost.report.join("\n")).toBeLessThanOrEqual(WRITE_UNITS);
    expect(cost.sends).toBeLessThanOrEqual(SENDS);
    expect(cost.readUnits, cost.report.join("\n")).toBeLessThanOrEqual(READ_UNITS);
  });

  it("costs no more where tasks take longer and nothing is handed out ahead", async () => {
    const cost = await costPerTask(new MemoryStore(), { ...short, taskMs: 1_000, everyMs: 1_000 });
    expect(cost.writeUnits, cost.report.join("\n")).toBeLessThanOrEqual(WRITE_UNITS);
    expect(cost.sends).toBeLessThanOrEqual(SENDS);
    expect(cost.readUnits, cost.report.join("\n")).toBeLessThanOrEqual(READ_UNITS);
  });

  it("costs the same among 10,000 as among 1,000", async () => {
    const few = await costPerTask(new MemoryStore(), short);
    const many = await costPerTask(new MemoryStore(), { ...short, tasks: 10_000 });
    expect(many.sends).toBeLessThanOrEqual(0.2);
    expect(many.writeUnits).toBeLessThanOrEqual(few.writeUnits * 1.05);
    expect(many.readUnits).toBeLessThanOrEqual(few.readUnits * 1.05);
  });

  it.skipIf("missing" in dynamo)("costs the same on a table", async () => {
    const { client, table, drop } = await testTable("url" in dynamo ? dynamo.url : "");
    const onTable = await costPerTask(new DynamoStore({ client, table }), short);
    const inMemory = await costPerTask(new MemoryStore(), short);
    await drop();
    expect(onTable.writeUnits).toBeCloseTo(inMemory.writeUnits, 3);
    expect(onTable.readUnits).toBeCloseTo(inMemory.readUnits, 1);
  });
});
