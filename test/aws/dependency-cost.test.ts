import { describe, expect, it } from "vitest";
import { MeteredStore } from "../../adapters/aws/dynamodb/meter.ts";
import { MemoryStore } from "../../adapters/memory/memory-store.ts";
import type { TaskSpec } from "../../core/domain/specs.ts";
import { idlePool, type Load, runSpecs } from "../support/task-life.ts";
import { TestWorld } from "../support/world.ts";

const TASKS = 10_000;
const COMMAND = '/bin/sh -c "./step --input $AZ_BATCH_TASK_ID --output result.txt"';
/** Many nodes, whose short tasks are handed out ahead. */
const wide: Load = { tasks: TASKS, nodes: 8, slotsPerNode: 4, taskMs: 100, everyMs: 250 };
/** One task after another: a chain can go no faster. */
const narrow: Load = { tasks: TASKS, nodes: 1, slotsPerNode: 1, taskMs: 1_000, everyMs: 1_000 };

type Shape = (index: number) => TaskSpec["dependsOn"];
const id = (index: number) => `t${String(index).padStart(4, "0")}`;
const independent: Shape = () => undefined;
const all = Array.from({ length: TASKS - 1 }, (_, i) => id(i));

/** Request units of a task, reads and writes together. */
async function unitsPerTask(load: Load, shape: Shape, name: (index: number) => string = id): Promise<number> {
  const meter = new MeteredStore(new MemoryStore());
  const world = new TestWorld(meter);
  await idlePool(world, load, { usesTaskDependencies: shape !== independent });
  meter.reset();
  const specs = Array.from({ length: load.tasks }, (_, i): TaskSpec => {
    const dependsOn = shape(i);
    return { id: name(i), commandLine: COMMAND, requiredSlots: 1, ...(dependsOn ? { dependsOn } : {}) };
  });
  await runSpecs(world, load, specs);
  const { writeUnits, readUnits } = meter.total();
  return (writeUnits + readUnits) / load.tasks;
}

describe("the request units of 10,000 tasks that depend on one another, at most 1.5 x those of as many independent ones", () => {
  it("a chain", async () => {
    const chain: Shape = (index) => (index === 0 ? undefined : { taskIds: [id(index - 1)] });
    expect((await unitsPerTask(narrow, chain)) / (await unitsPerTask(narrow, independent))).toBeLessThanOrEqual(1.5);
  });

  it("a fan-out, all behind one", async () => {
    const fanOut: Shape = (index) => (index === 0 ? undefined : { taskIds: [id(0)] });
    expect((await unitsPerTask(wide, fanOut)) / (await unitsPerTask(wide, independent))).toBeLessThanOrEqual(1.5);
  });

  it("a fan-in, one behind all, by their ids", async () => {
    const fanIn: Shape = (index) => (index === TASKS - 1 ? { taskIds: all } : undefined);
    expect((await unitsPerTask(wide, fanIn)) / (await unitsPerTask(wide, independent))).toBeLessThanOrEqual(1.5);
  });

  it("a fan-in, one behind all, by a range", async () => {
    const fanIn: Shape = (index) => (index === TASKS - 1 ? { taskIdRanges: [{ start: 0, end: TASKS - 2 }] } : undefined);
    expect((await unitsPerTask(wide, fanIn, String)) / (await unitsPerTask(wide, independent, String))).toBeLessThanOrEqual(1.5);
  });
});
