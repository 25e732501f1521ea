import { beforeEach, describe, expect, it } from "vitest";
import { taskView } from "../../../core/domain/views.ts";
import type { JobCommandReport, ToNode } from "../../../core/protocol/messages.ts";
import { whyJob } from "../../../core/services/explain/why.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableJob, enableJob } from "../../../core/services/jobs/disable-job.ts";
import { deleteJob, terminateJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { settleJob } from "../../../core/services/jobs/settle-job.ts";
import { updateJob } from "../../../core/services/jobs/update-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { listJobNodes } from "../../../core/services/preparations/list-job-nodes.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import type { TestNode } from "../../support/test-node.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

const preparation = {
  id: "jobpreparation",
  commandLine: "prepare",
  environmentSettings: [{ name: "A", value: "own" }],
  constraints: { maxWallClockTime: "PT1H", retentionTime: "P7D", maxTaskRetryCount: 2 },
  waitForSuccess: true,
  rerunOnNodeRebootAfterSuccess: true,
};
const release = { id: "jobrelease", commandLine: "release", maxWallClockTime: "PT15M", retentionTime: "P7D" };

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});

const prepared = async (id: string, more: Parameters<typeof jobSpec>[2] = {}) => {
  const job = await addJob(world.context, jobSpec(id, "p", { jobPreparationTask: preparation, ...more }));
  return { jobId: job.id, uid: job.uid };
};
const add = async (jobId: string, count: number) => {
  await addTasks(world.context, jobId, taskSpecs(count));
  await world.settle();
};
const heard = <K extends ToNode["kind"]>(node: TestNode, kind: K) =>
  node.heard.filter((message): message is Extract<ToNode, { kind: K }> => message.kind === kind);
const state = async (jobId: string) => (await getJob(world.context, jobId)).state;
const shown = async (jobId: string, taskId = "t0000") => taskView(await getTask(world.context, jobId, taskId), "");
const ran = (more: Partial<JobCommandReport> = {}): JobCommandReport => ({
  state: "completed",
  startTime: world.iso(),
  endTime: world.iso(),
  retryCount: 0,
  exitCode: 0,
  ...more,
});
const fails = async (node: TestNode, job: { jobId: string; uid: string }) => {
  node.unprepared.push(job.uid);
  await node.report({ kind: "preparation", job, id: "jobpreparation", report: ran({ exitCode: 3 }) });
  for (const [taskId, { order }] of node.running) if (order.task.uid === job.uid) await node.giveBack(taskId, "preparation-failed");
  await world.settle();
};

describe("a job with a preparation", () => {
  it("has it sent with its tasks, once a message, and they are preparing until they start", async () => {
    await addPool(world.context, poolSpec("p", 1, { taskSlotsPerNode: 2 }));
    const job = await prepared("j", { commonEnvironmentSettings: [{ name: "A", value: "job's" }] });
    await add("j", 2);
    const [run] = heard(world.node(), "run");
    const order = {
      job,
      id: "jobpreparation",
      waitForSuccess: true,
      rerunAfterReboot: true,
      maxTaskRetryCount: 2,
      maxWallClockMs: 3_600_000,
    };
    expect(run?.preparations).toEqual([expect.objectContaining(order)]);
    expect(run?.preparations?.[0]?.environment).toEqual([
      { name: "A", value: "job's" },
      { name: "A", value: "own" },
    ]);
    expect(run?.tasks).toHaveLength(2);
    for (const task of run?.tasks ?? []) expect(task).toMatchObject({ preparation: "jobpreparation", preparing: true });
    expect(await shown("j")).toMatchObject({
      state: "preparing",
      executionInfo: expect.not.objectContaining({ startTime: expect.anything() }),
    });
    const task = { ...job, taskId: "t0000" };
    await world.node().report({ kind: "task-started", task, attempt: 1, at: world.iso(), prepared: true });
    expect(await shown("j")).toMatchObject({ state: "running", previousState: "preparing", executionInfo: { startTime: world.iso() } });
    await world.node().end("t0001");
    expect(await shown("j", "t0001")).toMatchObject({ state: "completed", executionInfo: { exitCode: 0 } });
  });

  it("is not shown as preparing on a node that is prepared, nor where nothing waits for it", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j");
    await add("j", 2);
    expect(await shown("j")).toMatchObject({ state: "preparing" });
    world.node().prepared.push(job.uid);
    await world.node().end("t0000");
    await world.settle();
    expect(await shown("j", "t0001")).toMatchObject({ state: "running" });
    await world.node().end("t0001");
    await prepared("beside", { jobPreparationTask: { ...preparation, waitForSuccess: false } });
    await add("beside", 1);
    expect(heard(world.node(), "run").at(-1)?.preparations?.[0]?.waitForSuccess).toBe(false);
    expect(await shown("beside")).toMatchObject({ state: "running" });
  });

  it("stays away from nodes that cannot be prepared, which others use, also those of lower priority", async () => {
    await addPool(world.context, poolSpec("p", 2));
    const job = await prepared("j", { priority: 100 });
    await add("j", 5);
    await fails(world.node(0), job);
    expect(world.node(0).running.size).toBe(0);
    expect(world.node(1).running.size).toBe(1);
    await addJob(world.context, jobSpec("plain", "p"));
    await add("plain", 2);
    expect([...world.node(0).running.values()].map(({ order }) => order.task.jobId)).toEqual(["plain"]);
    await fails(world.node(1), job);
    expect([...world.node(1).running.values()].map(({ order }) => order.task.jobId)).toEqual(["plain"]);
    for (const index of [0, 1]) await world.node(index).end([...world.node(index).running.keys()][0] as string);
    await world.settle();
    expect(world.node(0).running.size + world.node(1).running.size).toBe(0);
    expect(await getTask(world.context, "j", "t0000")).toMatchObject({ state: "active", retryCount: 0, requeueCount: 0 });
    const { reasons } = await whyJob(world.context, "j");
    expect(reasons).toMatchObject([{ code: "PreparationFailed", exitCode: 3, nodes: [world.node(0).id, world.node(1).id] }]);
  });

  it("finds the nodes that are left among many that cannot be prepared", async () => {
    await addPool(world.context, poolSpec("p", 30));
    const job = await prepared("j");
    await world.settle();
    const nodes = [...world.nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const node of nodes.slice(0, 28)) {
      node.unprepared.push(job.uid);
      await node.report({ kind: "ready", at: world.iso() });
    }
    await world.settle();
    await add("j", 3);
    expect(nodes.filter((node) => node.running.size > 0)).toEqual(nodes.slice(28));
    expect(await getTask(world.context, "j", "t0002")).toMatchObject({ state: "active", attempt: 0 });
  });

  it("goes to a node again when that can be prepared after all", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j");
    await add("j", 1);
    await fails(world.node(), job);
    await world.pass(60);
    expect(world.node().running.size).toBe(0);
    world.node().unprepared.pop();
    world.node().restart();
    await world.settle();
    expect(world.node().running.size).toBe(1);
  });
});

describe("what nodes tell of a preparation", () => {
  it("is listed by node, the latest word of each, whatever comes late", async () => {
    await addPool(world.context, poolSpec("p", 2));
    const job = await prepared("j");
    await add("j", 2);
    const [first, second] = [world.node(0), world.node(1)];
    const event = (report: JobCommandReport) => ({ kind: "preparation", job, id: "jobpreparation", report }) as const;
    const running = event(ran({ state: "running" }));
    await first.report(running, event(ran()));
    await second.report(running);
    // A report of the agent's earlier start, which was on its way for long.
    first.boot = 0;
    await first.report(running);
    const { items } = await listJobNodes(world.context, "j", { limit: 10 });
    expect(items.map(({ nodeId, preparation: told }) => [nodeId, told?.report.state])).toEqual([
      [first.id, "completed"],
      [second.id, "running"],
    ]);
  });

  it("has ended with a node that is gone", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j");
    await add("j", 1);
    const node = world.node();
    await node.report({ kind: "preparation", job, id: "jobpreparation", report: ran({ state: "running" }) });
    await world.pass(60, new Set([node.id]));
    const { items } = await listJobNodes(world.context, "j", { limit: 10 });
    expect(items[0]?.preparation?.report).toMatchObject({ state: "completed", failure: { code: "NodeUnavailable" } });
    expect(await shown("j")).toMatchObject({ state: "preparing" });
  });

  it("is nobody's when the job is gone", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j");
    await add("j", 1);
    await deleteJob(world.context, "j");
    await world.settle();
    await world.node().report({ kind: "preparation", job, id: "jobpreparation", report: ran() });
    await world.pass(130);
    expect(world.store.dump().filter(({ pk }) => pk.startsWith("prep#"))).toEqual([]);
  });
});

describe("a job that ends", () => {
  const released = (node: TestNode, job: { jobId: string; uid: string }) =>
    node.report({ kind: "release", job, id: "jobrelease", report: ran() });

  it("is over when each of its nodes has released it", async () => {
    await addPool(world.context, poolSpec("p", 3));
    const job = await prepared("j", { jobReleaseTask: release });
    await add("j", 2);
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    expect(await state("j")).toBe("terminating");
    const command = { id: "jobrelease", commandLine: "release", maxWallClockMs: 900_000, retentionMs: 604_800_000 };
    for (const index of [0, 1]) expect(heard(world.node(index), "release")).toEqual([{ kind: "release", job, release: command }]);
    expect(heard(world.node(2), "release")).toEqual([]);
    await released(world.node(0), job);
    await world.settle();
    expect(await state("j")).toBe("terminating");
    await world.node(1).report({ kind: "release", job, id: "jobrelease", report: ran({ state: "running" }) });
    await world.settle();
    expect(await state("j")).toBe("terminating");
    await released(world.node(1), job);
    await world.settle();
    expect(await state("j")).toBe("completed");
    expect(await addTasks(world.context, "j", taskSpecs(1)).catch((error: { code: string }) => error.code)).toBe("JobCompleted");
  });

  it("waits for its last task, tells nodes again, and gives up those that are gone", async () => {
    await addPool(world.context, poolSpec("p", 3));
    const job = await prepared("j", { jobReleaseTask: release });
    await add("j", 3);
    const node = world.node(0);
    const deaf = node.hear.bind(node);
    node.hear = async (message) => (message.kind === "stop" ? undefined : deaf(message));
    await terminateJob(world.context, "j", undefined);
    await world.pass(5);
    expect(heard(world.node(1), "release")).toEqual([]);
    node.hear = deaf;
    await node.end("t0000");
    await world.pass(65);
    expect(heard(node, "release").length).toBe(3);
    await released(node, job);
    await released(world.node(1), job);
    const lost = world.node(2);
    world.nodes.delete(lost.machine.machineId);
    await world.pass(100, new Set([lost.id]));
    expect(await state("j")).toBe("completed");
  });

  it("tells its nodes again at once where the process that told them is gone, and its messages with it", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j", { jobReleaseTask: release });
    await add("j", 1);
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    await world.clock.advance(1_000);
    const later = (startedAt: number) => ({ ...world.context, settings: { ...world.context.settings, startedAt } });
    await settleJob(later(0), "p", job);
    await world.settle();
    expect(heard(world.node(), "release")).toHaveLength(1);
    await settleJob(later(world.clock.now()), "p", job);
    await world.settle();
    expect(heard(world.node(), "release")).toHaveLength(2);
  });

  it("waits a quarter of an hour, not longer", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await prepared("j", { jobReleaseTask: release });
    await add("j", 1);
    await terminateJob(world.context, "j", undefined);
    await world.pass(15 * 60);
    expect(await state("j")).toBe("terminating");
    await world.pass(2 * 60);
    expect(await state("j")).toBe("completed");
    expect(world.store.dump().filter(({ sk }) => sk.startsWith("open#"))).toEqual([]);
  });

  it("without a release tells its nodes, and waits for none", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j");
    await add("j", 1);
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    expect(await state("j")).toBe("completed");
    expect(heard(world.node(), "release")).toEqual([{ kind: "release", job }]);
  });

  it("by its deletion is released too, with its running tasks ended first, and leaves nothing", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j", { jobReleaseTask: release });
    await add("j", 1);
    await deleteJob(world.context, "j");
    await world.pass(5);
    const kinds = world.node().heard.map(({ kind }) => kind);
    expect(kinds.indexOf("stop")).toBeLessThan(kinds.indexOf("release"));
    expect(kinds).not.toContain("clean-job");
    await released(world.node(), job);
    await world.pass(130);
    expect(world.node().heard.map(({ kind }) => kind)).toContain("clean-job");
    expect(world.store.dump().filter(({ pk }) => pk.includes(job.uid))).toEqual([]);
  });

  it("is released where it was before it moved to another pool", async () => {
    await addPool(world.context, poolSpec("p", 1));
    await addPool(world.context, poolSpec("q", 1));
    const job = await prepared("j", { jobReleaseTask: release });
    await add("j", 1);
    await disableJob(world.context, "j", "requeue");
    await world.pass(3);
    await updateJob(world.context, "j", { poolInfo: { poolId: "q" } });
    await enableJob(world.context, "j");
    await world.settle();
    expect(world.node(1).running.size).toBe(1);
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    for (const index of [0, 1]) {
      expect(heard(world.node(index), "release")).toHaveLength(1);
      await released(world.node(index), job);
    }
    await world.settle();
    expect(await state("j")).toBe("completed");
  });

  it("has thousands of nodes told in batches", async () => {
    world.capacity = 1_100;
    await addPool(world.context, poolSpec("p", 1_100));
    await world.settle();
    const job = await prepared("j", { jobReleaseTask: release });
    const nodes = [...world.nodes.values()];
    for (const { id: nodeId, machine } of nodes) {
      const key = world.context.keys.nodeToRelease(job, nodeId);
      await world.store.write({ kind: "insert", item: { ...key, ...job, poolId: "p", nodeId, machineId: machine.machineId } });
    }
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    expect(nodes.filter((node) => heard(node, "release").length === 1)).toHaveLength(1_100);
    for (const node of nodes) await released(node, job);
    await world.settle();
    expect(await state("j")).toBe("completed");
  });
});

describe("the cost of a preparation", () => {
  it("is counted by nodes, not by tasks", async () => {
    await addPool(world.context, poolSpec("p", 1));
    const job = await prepared("j", { jobReleaseTask: release });
    await world.settle();
    const writes: string[] = [];
    const batch = world.store.batch.bind(world.store);
    world.store.batch = (all) => {
      writes.push(...all.map((write) => (write.kind === "insert" ? write.item.pk : write.key.pk)));
      return batch(all);
    };
    await add("j", 30);
    world.node().prepared.push(job.uid);
    await world.node().report({ kind: "preparation", job, id: "jobpreparation", report: ran() });
    for (let i = 0; i < 30; i++) {
      await world.node().end(`t${String(i).padStart(4, "0")}`);
      await world.settle();
    }
    expect(await shown("j", "t0029")).toMatchObject({ state: "completed" });
    expect(writes.filter((pk) => pk.startsWith("prep#"))).toHaveLength(1);
  });
});
