import { beforeEach, describe, expect, it } from "vitest";
import { MeteredStore } from "../../../adapters/aws/dynamodb/meter.ts";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { updateJob } from "../../../core/services/jobs/update-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { countTasks } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let meter: MeteredStore;
let world: TestWorld;

beforeEach(() => {
  meter = new MeteredStore(new MemoryStore());
  world = new TestWorld(meter);
});

async function addJobs(count: number, tasks: number, priority: (index: number) => number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await addJob(world.context, jobSpec(`j${i}`, "p", { priority: priority(i) }));
    for (let from = 0; from < tasks; from += 100) await addTasks(world.context, `j${i}`, taskSpecs(tasks).slice(from, from + 100));
  }
}

/** Ends one task at a time, the oldest first, each with a pass of its own; answers the jobs of those that ended, in order. */
async function endTasks(count: number): Promise<string[]> {
  const jobs: string[] = [];
  for (let i = 0; i < count; i++) {
    const node = world.node(i % world.nodes.size);
    const [held] = node.running.values();
    if (!held) throw new Error("a node has nothing to run");
    jobs.push(held.order.task.jobId);
    await node.end(held.order.task.taskId);
    await world.settle();
  }
  return jobs;
}

describe("jobs of one pool", () => {
  it("of equal priority start as many tasks each", async () => {
    await addPool(world.context, poolSpec("p", 3));
    await addJobs(7, 100, () => 0);
    await world.settle();
    const started = new Map<string, number>();
    for (const job of await endTasks(350)) started.set(job, (started.get(job) ?? 0) + 1);
    expect([...started.values()].every((share) => Math.abs(share - 50) <= 50 * 0.05)).toBe(true);
  });

  it("of higher priority go first, strictly, and a change is felt at the next pass", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await addJobs(3, 5, (index) => index);
    await world.settle();
    expect(await endTasks(7)).toEqual(["j2", "j2", "j2", "j2", "j2", "j1", "j1"]);
    await updateJob(world.context, "j0", { priority: 10 });
    await world.settle();
    expect(await endTasks(3)).toEqual(["j1", "j0", "j0"]);
  });

  it("of 100 priorities cost a pass no more reads than it assigns, and a constant", async () => {
    await addPool(world.context, poolSpec("p", 4));
    await addJobs(100, 20, (index) => index * 10 - 500);
    await world.settle();
    meter.reset();
    const passes = 200;
    await endTasks(passes);
    const reads = (name: string) => meter.counts.get(name)?.requests ?? 0;
    // Each pass assigns one task: it reads one page of notes, and looks into one job, or two where the first has just been emptied.
    expect(reads("query waiting")).toBeLessThanOrEqual(passes * 1.1);
    expect(reads("query ready")).toBeLessThanOrEqual(passes * 1.2);
    const all = [...meter.counts]
      .filter(([name]) => /^(get|getMany|query) /.test(name))
      .reduce((sum, [, count]) => sum + count.requests, 0);
    expect(all / passes).toBeLessThanOrEqual(12);
  });

  it("run no more tasks at a time than they may, and others take the rest", async () => {
    await addPool(world.context, poolSpec("p", 1, { taskSlotsPerNode: 10 }));
    await addJob(world.context, jobSpec("few", "p", { priority: 5, maxParallelTasks: 2 }));
    await addJob(world.context, jobSpec("rest", "p"));
    await addTasks(world.context, "few", taskSpecs(6));
    await addTasks(
      world.context,
      "rest",
      taskSpecs(3).map((spec) => ({ ...spec, id: `r${spec.id}` })),
    );
    await world.settle();
    const running = async (job: string) => (await countTasks(world.context, job)).tasks.running;
    expect([await running("few"), await running("rest")]).toEqual([2, 3]);
    await world.node().end("t0000");
    await world.settle();
    expect(await running("few")).toBe(2);
    await updateJob(world.context, "few", { maxParallelTasks: 4 });
    await world.settle();
    expect(await running("few")).toBe(4);
    for (let ids = [...world.node().running.keys()]; ids.length > 0; ids = [...world.node().running.keys()]) {
      for (const id of ids) await world.node().end(id);
      await world.settle();
    }
    expect((await countTasks(world.context, "few")).tasks.succeeded).toBe(6);
  });
});
