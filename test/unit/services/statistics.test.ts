import { beforeEach, describe, expect, it } from "vitest";
import { MeteredStore } from "../../../adapters/aws/dynamodb/meter.ts";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { INTERVAL_MS, startOf, USAGE_KEPT_MS } from "../../../core/domain/pool-usage.ts";
import { measuresOf } from "../../../core/domain/task-measures.ts";
import type { TaskEnd } from "../../../core/protocol/messages.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { deleteJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { recountJob } from "../../../core/services/jobs/recount-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { deletePool } from "../../../core/services/pools/delete-pool.ts";
import { getPool } from "../../../core/services/pools/read-pools.ts";
import { resizePool } from "../../../core/services/pools/resize-pool.ts";
import { addSchedule } from "../../../core/services/schedules/add-schedule.ts";
import { deleteSchedule } from "../../../core/services/schedules/end-schedule.ts";
import { getSchedule } from "../../../core/services/schedules/read-schedules.ts";
import { type JobStats, NO_STATS } from "../../../core/services/stats/job-measures.ts";
import { lifetimeJobStats, lifetimePoolStats } from "../../../core/services/stats/lifetime.ts";
import { listUsage } from "../../../core/services/stats/pool-usage.ts";
import { readJobStats } from "../../../core/services/stats/read-job-stats.ts";
import { readScheduleStats } from "../../../core/services/stats/read-schedule-stats.ts";
import { sweepAll } from "../../../core/services/sweeps/sweep-all.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../../core/services/tasks/end-task.ts";
import { reactivateTask } from "../../../core/services/tasks/reactivate-task.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const SECOND = 1_000;
const USAGE = { userMs: 700, kernelMs: 20, readBytes: 4_096, writeBytes: 8_192 };
let world: TestWorld;

const stats = async (id: string): Promise<JobStats> =>
  (await readJobStats(world.context, [await getJob(world.context, id)]))[0] ?? NO_STATS;
/** Ends an attempt that began a second ago. */
const end = (taskId: string, exitCode = 0) => {
  const now = world.clock.now();
  const span = { startTime: new Date(now - SECOND).toISOString(), endTime: new Date(now).toISOString() };
  return world.node().end(taskId, { ...span, exitCode, usage: USAGE } satisfies TaskEnd);
};
const times = (count: number) => ({
  wallMs: count * SECOND,
  userMs: count * USAGE.userMs,
  kernelMs: count * USAGE.kernelMs,
  readBytes: count * USAGE.readBytes,
  writeBytes: count * USAGE.writeBytes,
});

beforeEach(async () => {
  world = new TestWorld();
  await addPool(world.context, poolSpec("p", 1));
  await addJob(world.context, jobSpec("j", "p", { constraints: { maxTaskRetryCount: 1 } }));
  await world.settle();
});

describe("a job's statistics", () => {
  it("are those of its tasks, each attempt counted, retries and waits too", async () => {
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    await world.clock.advance(5 * SECOND);
    await end("t0000");
    await world.settle();
    await world.clock.advance(5 * SECOND);
    await end("t0001", 1);
    await world.settle();
    await world.clock.advance(5 * SECOND);
    await end("t0001", 1);
    expect(await stats("j")).toEqual({ ...times(3), retries: 1, waitMs: 4_000 + 14_000, succeeded: 1, failed: 1 });
    expect(measuresOf(await getTask(world.context, "j", "t0001"))).toMatchObject({ ...times(2), retries: 1, waitMs: 14_000 });
  });

  it("count nothing of an attempt that is given back, nor of a report that comes twice", async () => {
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    await world.node().giveBack("t0000", "requeue");
    await world.settle();
    expect(await stats("j")).toEqual(NO_STATS);
    await world.clock.advance(SECOND);
    const order = world.node().running.get("t0000")?.order;
    await end("t0000");
    if (order) {
      const at = world.iso();
      await world
        .node()
        .report({ kind: "task-finished", task: order.task, attempt: order.attempt, end: { startTime: at, endTime: at, exitCode: 0 } });
    }
    expect(await stats("j")).toMatchObject({ ...times(1), succeeded: 1 });
  });

  it("stay when a task is deleted or reactivated, also where the job is counted anew", async () => {
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    await world.clock.advance(2 * SECOND);
    await end("t0000");
    await world.settle();
    for (const _try of [1, 2]) {
      await end("t0001", 1);
      await world.settle();
    }
    const before = await stats("j");
    expect(before).toMatchObject({ ...times(3), retries: 1, succeeded: 1 });
    await deleteTask(world.context, "j", "t0000");
    expect(await stats("j")).toEqual(before);
    await reactivateTask(world.context, "j", "t0001");
    await world.settle();
    const job = await getJob(world.context, "j");
    await recountJob(world.context, { jobId: job.id, uid: job.uid });
    expect(await stats("j")).toEqual({ ...before, failed: before.failed - 1 });
    await end("t0001");
    expect(await stats("j")).toMatchObject({ ...times(4), retries: 1, succeeded: 2 });
  });

  it("count the wait of a task that was ended before it began", async () => {
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    await world.clock.advance(2 * SECOND);
    await terminateTask(world.context, "j", "t0001");
    expect(await stats("j")).toEqual({ ...NO_STATS, waitMs: 2 * SECOND, failed: 1 });
  });

  it("are mended by a recount", async () => {
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    await end("t0000");
    const job = await getJob(world.context, "j");
    const before = await stats("j");
    await world.store.write({
      kind: "update",
      key: world.context.keys.counts({ jobId: "j", uid: job.uid }),
      add: { w: 5, u: -3, q: 1, rev: 1 },
    });
    await recountJob(world.context, { jobId: job.id, uid: job.uid });
    expect(await stats("j")).toEqual(before);
  });
});

describe("the statistics of all jobs", () => {
  const lifetime = async () => {
    const { succeeded, wallMs } = await lifetimeJobStats(world.context);
    return { succeeded, wallMs };
  };
  const run = async (jobId: string) => {
    await addTasks(world.context, jobId, taskSpecs(1));
    await world.settle();
    await end("t0000");
    await world.settle();
  };

  it("are rolled up by sweeps, once, and again when a job goes", async () => {
    await run("j");
    expect(await lifetime()).toEqual({ succeeded: 0, wallMs: 0 });
    await sweepAll(world.context);
    await sweepAll(world.context);
    expect(await lifetime()).toEqual({ succeeded: 1, wallMs: SECOND });
    await addJob(world.context, jobSpec("k", "p"));
    await run("k");
    for (const id of ["j", "k"]) await deleteJob(world.context, id);
    await world.settle();
    expect(await lifetime()).toEqual({ succeeded: 2, wallMs: 2 * SECOND });
    await world.pass(130);
    await sweepAll(world.context);
    expect(await lifetime()).toEqual({ succeeded: 2, wallMs: 2 * SECOND });
  });

  it("cost nothing where nothing has changed", async () => {
    await run("j");
    await sweepAll(world.context);
    const meter = new MeteredStore(world.store);
    Object.assign(world.context, { store: meter });
    await sweepAll(world.context);
    expect([...meter.counts.keys()].filter((name) => name.includes("stats"))).toEqual([]);
  });

  it("since the first of them was made", async () => {
    const { creationTime } = await getJob(world.context, "j");
    await world.clock.advance(SECOND);
    await addJob(world.context, jobSpec("a", "p"));
    await run("a");
    await run("j");
    await sweepAll(world.context);
    expect(await lifetimeJobStats(world.context)).toMatchObject({ since: creationTime, at: world.iso() });
  });
});

describe("a schedule's statistics", () => {
  const ofSchedule = async () => (await readScheduleStats(world.context, [await getSchedule(world.context, "s")]))[0];
  const runNext = async () => {
    await world.settle();
    const { recentJob } = await getSchedule(world.context, "s");
    await addTasks(world.context, recentJob?.jobId ?? "", taskSpecs(1));
    await world.settle();
    await end("t0000");
    await world.settle();
    return recentJob?.jobId ?? "";
  };

  it("are those of all its jobs, the newest at once, and also those that were deleted", async () => {
    const { id: _id, ...jobSpecification } = jobSpec("", "p", { onAllTasksComplete: "noaction" });
    await addSchedule(world.context, { id: "s", schedule: { recurrenceInterval: "PT1H" }, jobSpecification });
    const first = await runNext();
    expect(await ofSchedule()).toMatchObject({ ...times(1), succeeded: 1 });
    await sweepAll(world.context);
    expect(await ofSchedule()).toMatchObject({ ...times(1), succeeded: 1 });
    await deleteJob(world.context, first);
    await world.settle();
    await world.clock.advance(3_600 * SECOND);
    expect(await runNext()).not.toBe(first);
    expect(await ofSchedule()).toMatchObject({ ...times(2), succeeded: 2 });
    await sweepAll(world.context);
    expect(await ofSchedule()).toMatchObject({ ...times(2), succeeded: 2 });
    expect(await lifetimeJobStats(world.context)).toMatchObject({ succeeded: 2 });
  });

  it("go with it", async () => {
    const { id: _id, ...jobSpecification } = jobSpec("", "p");
    await addSchedule(world.context, { id: "s", schedule: {}, jobSpecification });
    await runNext();
    await sweepAll(world.context);
    await deleteSchedule(world.context, "s");
    await world.settle();
    await world.pass(130);
    expect(world.store.dump().filter(({ sk }) => sk.startsWith("schedule#"))).toEqual([]);
    expect(await lifetimeJobStats(world.context)).toMatchObject({ succeeded: 1 });
  });
});

describe("the usage of pools", () => {
  const CORES = 2;
  const resize = (dedicated: number) => ({ targetDedicatedNodes: dedicated, resizeTimeoutMs: 900_000, deallocation: "requeue" as const });
  const used = async () => (await listUsage(world.context, 0, world.clock.now() + INTERVAL_MS, { limit: 1_000 })).items;
  const sum = async () => (await used()).reduce((all, { coreMs }) => all + coreMs, 0);

  it("is known at any moment, and outlives its pool", async () => {
    const began = world.clock.now();
    await world.pass(60);
    const lasted = world.clock.now() - began;
    expect((await lifetimePoolStats(world.context)).dedicated).toBe(CORES * lasted);
    await deletePool(world.context, "p");
    await world.settle();
    await world.clock.advance(SECOND);
    expect(await lifetimePoolStats(world.context)).toMatchObject({ dedicated: CORES * lasted });
    expect(await sum()).toBe(CORES * lasted);
  });

  it("is listed by intervals, of a pool that was made anew by itself", async () => {
    const began = world.clock.now();
    await world.clock.advance(INTERVAL_MS);
    await world.pass(60);
    await deletePool(world.context, "p");
    await world.settle();
    const first = world.clock.now() - began;
    await addPool(world.context, poolSpec("P", 1, { vmSize: "standard_d4_v3" }));
    await world.settle();
    const anew = world.clock.now();
    await world.pass(10);
    await resizePool(world.context, "P", resize(0));
    await world.settle();
    const rows = await used();
    expect(rows.map(({ poolId, vmSize, start }) => [poolId, vmSize, start - startOf(began)])).toEqual([
      ["p", "standard_d2_v3", 0],
      ["p", "standard_d2_v3", INTERVAL_MS],
      ["P", "standard_d4_v3", INTERVAL_MS],
    ]);
    expect(await sum()).toBe(CORES * first + 2 * CORES * (world.clock.now() - anew));
    expect((await getPool(world.context, "P")).usage).toMatchObject({ dedicated: 2 * CORES * (world.clock.now() - anew) });
  });

  it("goes page by page, within its range", async () => {
    const began = startOf(world.clock.now());
    for (let intervals = 0; intervals < 5; intervals++) {
      await world.clock.advance(INTERVAL_MS);
      await world.pass(40);
    }
    const starts: number[] = [];
    let after: string | undefined;
    do {
      const page = await listUsage(world.context, began + INTERVAL_MS + 1, began + 4 * INTERVAL_MS, { limit: 2, ...(after && { after }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      starts.push(...page.items.map(({ start }) => (start - began) / INTERVAL_MS));
      after = page.next;
    } while (after !== undefined);
    expect(starts).toEqual([1, 2, 3]);
  });

  it("is kept for 90 days, and written a few times an hour at most", async () => {
    const meter = new MeteredStore(world.store);
    Object.assign(world.context, { store: meter });
    await world.clock.advance(INTERVAL_MS);
    await world.pass(120);
    expect([...meter.counts].find(([name]) => name === "insert usage")?.[1].writeUnits).toBe(1);
    await resizePool(world.context, "p", resize(0));
    await world.settle();
    const kept = (await used()).length;
    await world.clock.advance(USAGE_KEPT_MS - 2 * INTERVAL_MS);
    await sweepAll(world.context);
    expect(await used()).toHaveLength(kept);
    await world.clock.advance(4 * INTERVAL_MS);
    await sweepAll(world.context);
    expect(await used()).toHaveLength(0);
  });
});

it("a sweep that is cut short between the account and the job adds nothing twice", async () => {
  const inner = new MemoryStore();
  world = new TestWorld(inner);
  await addPool(world.context, poolSpec("p", 1));
  await addJob(world.context, jobSpec("j", "p"));
  await addTasks(world.context, "j", taskSpecs(1));
  await world.settle();
  await end("t0000");
  await world.settle();
  const transact = inner.transact.bind(inner);
  inner.transact = async (writes) => {
    await transact(writes);
    inner.transact = transact;
    throw new Error("cut short");
  };
  await expect(sweepAll(world.context)).rejects.toThrow("cut short");
  await sweepAll(world.context);
  expect(await lifetimeJobStats(world.context)).toMatchObject({ succeeded: 1 });
});
