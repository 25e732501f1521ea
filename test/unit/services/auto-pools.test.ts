import { beforeEach, describe, expect, it } from "vitest";
import type { AutoPoolSpecification, JobSpec } from "../../../core/domain/specs.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { disableJob, enableJob } from "../../../core/services/jobs/disable-job.ts";
import { deleteJob, terminateJob } from "../../../core/services/jobs/end-job.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { updateJob } from "../../../core/services/jobs/update-job.ts";
import { addPool } from "../../../core/services/pools/add-pool.ts";
import { deletePool } from "../../../core/services/pools/delete-pool.ts";
import { getPool, listPools } from "../../../core/services/pools/read-pools.ts";
import { addSchedule } from "../../../core/services/schedules/add-schedule.ts";
import { deleteSchedule, terminateSchedule } from "../../../core/services/schedules/end-schedule.ts";
import { getSchedule } from "../../../core/services/schedules/read-schedules.ts";
import { updateSchedule } from "../../../core/services/schedules/update-schedule.ts";
import { sweepAll } from "../../../core/services/sweeps/sweep-all.ts";
import { addTasks } from "../../../core/services/tasks/add-tasks.ts";
import { liveUntil } from "../../support/time-travel.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../../support/world.ts";

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
});

const { id: _id, ...onePool } = poolSpec("x", 1);
const auto = (more: Partial<AutoPoolSpecification> = {}): AutoPoolSpecification => ({
  autoPoolIdPrefix: "render",
  poolLifetimeOption: "job",
  keepAlive: false,
  pool: onePool,
  ...more,
});
const withPool = (specification: AutoPoolSpecification): JobSpec =>
  jobSpec("j", "", { poolInfo: { autoPoolSpecification: specification } });
const pools = async () => (await listPools(world.context, { limit: 100 })).items;
const later = (seconds: number) => liveUntil(world, world.clock.now() + seconds * 1000);
const start = async (more: Partial<AutoPoolSpecification> = {}) => {
  const job = await addJob(world.context, withPool(auto(more)));
  await world.settle();
  return job;
};

describe("a job's own pool", () => {
  it("is made with the job, named after its prefix, and runs its tasks", async () => {
    const { autoPoolId } = await start();
    expect(autoPoolId).toMatch(/^render_[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    expect((await pools()).map(({ id, state }) => [id, state])).toEqual([[autoPoolId, "active"]]);
    await addTasks(world.context, "j", taskSpecs(2));
    await world.settle();
    await world.node().end("t0000");
    await world.settle();
    await world.node().end("t0001");
  });

  it.each(["terminate", "delete"])("goes when the job ends, by %s", async (how) => {
    await start();
    if (how === "delete") await deleteJob(world.context, "j");
    else await terminateJob(world.context, "j", undefined);
    await world.settle();
    expect(await pools()).toEqual([]);
    expect(world.nodes.size).toBe(0);
  });

  it.each(["terminate", "delete"])("that is to be kept alive is the user's after the job's end, by %s", async (how) => {
    await start({ keepAlive: true });
    if (how === "delete") await deleteJob(world.context, "j");
    else await terminateJob(world.context, "j", undefined);
    await later(600);
    await sweepAll(world.context);
    await world.settle();
    expect((await pools()).map(({ state, autoPoolOf }) => [state, autoPoolOf])).toEqual([["active", undefined]]);
  });

  it("is kept or not by the last word, and is nothing else than it was", async () => {
    await start();
    const other = { ...auto(), pool: { ...onePool, targetDedicatedNodes: 2 } };
    await expect(updateJob(world.context, "j", { poolInfo: { autoPoolSpecification: other } })).rejects.toMatchObject({
      code: "InvalidPropertyValue",
    });
    await updateJob(world.context, "j", { poolInfo: { autoPoolSpecification: auto({ keepAlive: true }) } });
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    expect(await pools()).toHaveLength(1);
  });

  it("stays when the job is told its name, and goes at the latest by the sweep after the job's end", async () => {
    const { autoPoolId = "" } = await start();
    await updateJob(world.context, "j", { poolInfo: { poolId: autoPoolId.toLowerCase() } });
    await world.settle();
    expect((await pools()).map(({ id, state }) => [id, state])).toEqual([[autoPoolId, "active"]]);
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    await sweepAll(world.context);
    await world.settle();
    expect(await pools()).toEqual([]);
  });

  it("is left for another only by a disabled job, and goes then", async () => {
    const { autoPoolId = "" } = await start();
    await addPool(world.context, poolSpec("p", 1));
    await addTasks(world.context, "j", taskSpecs(1));
    await world.settle();
    await expect(updateJob(world.context, "j", { poolInfo: { poolId: "p" } })).rejects.toMatchObject({ code: "JobNotDisabled" });
    await disableJob(world.context, "j", "requeue");
    await world.settle();
    await updateJob(world.context, "j", { poolInfo: { poolId: "p" } });
    await world.settle();
    expect((await pools()).map(({ id }) => id)).toEqual(["p"]);
    await enableJob(world.context, "j");
    await world.settle();
    expect([...world.nodes.values()].map(({ poolId, running }) => [poolId, running.size])).toEqual([["p", 1]]);
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    expect((await pools()).map(({ id }) => id)).toEqual(["p"]);
    await expect(getPool(world.context, autoPoolId)).rejects.toMatchObject({ code: "PoolNotFound" });
    const back = updateJob(world.context, "j", { poolInfo: { autoPoolSpecification: auto() } });
    await expect(back).rejects.toMatchObject({ code: "JobCompleted" });
  });

  it("that the quota forbids ends the job, and the job tells why", async () => {
    Object.assign(world.context.settings, { poolQuota: 1 });
    await addPool(world.context, poolSpec("p", 0));
    await start();
    const job = await getJob(world.context, "j");
    expect(job).toMatchObject({
      state: "completed",
      schedulingError: { category: "usererror", code: "AutoPoolCreationFailedWithQuotaReached" },
    });
    expect((await pools()).map(({ id }) => id)).toEqual(["p"]);
  });

  it("is made by the message sent ahead, where whoever added the job was cut short", async () => {
    const { autoPoolId = "" } = await start();
    await deletePool(world.context, autoPoolId);
    await world.settle();
    expect(await pools()).toEqual([]);
    await later(11);
    expect((await pools()).map(({ id }) => id)).toEqual([autoPoolId]);
  });

  it("that was made too late, or outlived its job by a crash, goes by the next sweep", async () => {
    const job = await start();
    await terminateJob(world.context, "j", undefined);
    await world.settle();
    const left = { kind: "job", uid: job.uid, keepAlive: false } as const;
    await addPool(world.context, poolSpec(job.autoPoolId ?? "", 1), { ...left, id: "j" });
    await addPool(world.context, poolSpec("other", 1), { ...left, id: "gone" });
    await world.settle();
    expect(await pools()).toHaveLength(2);
    await sweepAll(world.context);
    await world.settle();
    expect(await pools()).toEqual([]);
  });
});

describe("the pools of a schedule's jobs", () => {
  const specification = (more: Partial<AutoPoolSpecification>) => {
    const { id: _job, ...properties } = withPool(auto(more));
    return properties;
  };
  const add = async (more: Partial<AutoPoolSpecification>) => {
    await addSchedule(world.context, { id: "s", schedule: { recurrenceInterval: "PT1H" }, jobSpecification: specification(more) });
    await world.settle();
  };
  const endRun = async (run: number) => {
    await terminateJob(world.context, `s:job-${run}`, undefined);
    await world.settle();
  };
  const ids = async () => (await pools()).map(({ id }) => id);

  it("are one each, with the lifetime job", async () => {
    await add({});
    const [first] = await ids();
    await endRun(1);
    expect(await ids()).toEqual([]);
    await later(3_601);
    const [second] = await ids();
    expect(second).not.toBe(first);
    expect((await getJob(world.context, "s:job-2")).autoPoolId).toBe(second);
  });

  it.each(["terminate", "delete"])("are one for all, with the lifetime jobschedule, until the schedule's end, by %s", async (how) => {
    await add({ poolLifetimeOption: "jobschedule" });
    const [first] = await ids();
    await endRun(1);
    await later(3_601);
    expect(await ids()).toEqual([first]);
    expect((await getJob(world.context, "s:job-2")).autoPoolId).toBe(first);
    if (how === "delete") await deleteSchedule(world.context, "s");
    else await terminateSchedule(world.context, "s");
    await later(60);
    expect(await ids()).toEqual([]);
  });

  it("are kept alive where they are to be", async () => {
    await add({ poolLifetimeOption: "jobschedule", keepAlive: true });
    await deleteSchedule(world.context, "s");
    await later(60);
    await sweepAll(world.context);
    await world.settle();
    expect((await pools()).map(({ state, autoPoolOf }) => [state, autoPoolOf])).toEqual([["active", undefined]]);
    await expect(getSchedule(world.context, "s")).rejects.toMatchObject({ code: "JobScheduleNotFound" });
  });

  it("follow another specification once the job on the old one has ended", async () => {
    await add({ poolLifetimeOption: "jobschedule" });
    const [first] = await ids();
    await updateSchedule(world.context, "s", {
      jobSpecification: specification({ poolLifetimeOption: "jobschedule", autoPoolIdPrefix: "other" }),
    });
    await sweepAll(world.context);
    await world.settle();
    expect(await ids()).toEqual([first]);
    await endRun(1);
    await later(3_601);
    const [second, ...more] = await ids();
    expect(second).toMatch(/^other_/);
    expect(more).toEqual([]);
  });
});
