import { expect, it } from "vitest";
import { MACHINES } from "../../support/machines.ts";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { codeOf, type Stage, sh } from "../jobs-and-tasks/stage.ts";

const gone = (stage: Stage, poolId: string) =>
  until(
    `${poolId} gone`,
    () => codeOf(stage.client.call("pool", "get", poolId)),
    (code) => code === "PoolNotFound",
    60_000,
  );

async function poolOf(stage: Stage, jobId: string): Promise<string> {
  return (wire(await stage.client.call("job", "get", jobId)).executionInfo as { poolId: string }).poolId;
}

/** Pools that are made for jobs. */
export function poolsAreMade(stage: () => Stage): void {
  const specification = (more: Doc = {}): Doc => ({
    autoPoolIdPrefix: "own",
    poolLifetimeOption: "job",
    pool: { ...MACHINES, ...stage().forms.targets(1) },
    ...more,
  });

  it("gives a job a pool of its own, which runs its tasks and goes with it", async () => {
    const { client } = stage();
    const jobId = await stage().job("own-pool", { poolInfo: { autoPoolSpecification: specification() } });
    const poolId = await poolOf(stage(), jobId);
    expect(poolId).toMatch(/^own_[0-9A-F-]{36}$/);
    expect(wire(await client.call("pool", "get", poolId))).toMatchObject({ id: poolId, state: "active", vmSize: "standard_d2_v3" });
    await stage().add(jobId, { id: "t", commandLine: sh("echo $AZ_BATCH_POOL_ID") });
    await stage().ended(jobId, "t");
    expect((await stage().stdout(jobId, "t")).trim()).toBe(poolId);
    const shown = wire(await client.call("job", "get", jobId)).poolInfo as { poolId?: string; autoPoolSpecification: Doc };
    expect(shown.poolId).toBeUndefined();
    expect(shown.autoPoolSpecification).toMatchObject({ autoPoolIdPrefix: "own", poolLifetimeOption: "job", keepAlive: false });
    await client.call("job", "terminate", jobId);
    await stage().jobReaches(jobId, "completed");
    await gone(stage(), poolId);
  });

  it("keeps a pool that is to be kept alive", async () => {
    const { client } = stage();
    const jobId = await stage().job("kept-pool", { poolInfo: { autoPoolSpecification: specification({ keepAlive: true }) } });
    const poolId = await poolOf(stage(), jobId);
    await client.call("job", "deleteMethod", jobId);
    await until(
      "the job gone",
      () => codeOf(client.call("job", "get", jobId)),
      (code) => code === "JobNotFound",
    );
    expect(wire(await client.call("pool", "get", poolId)).state).toBe("active");
    await client.call("pool", "deleteMethod", poolId);
  });

  it("gives the jobs of a schedule one pool, which goes with the schedule", async () => {
    const { client } = stage();
    const id = stage().named("shares");
    const lifetime = client.year === 2017 ? "jobSchedule" : "jobschedule";
    await client.call("jobSchedule", "add", {
      id,
      schedule: { recurrenceInterval: client.duration("PT1H") },
      jobSpecification: { poolInfo: { autoPoolSpecification: specification({ poolLifetimeOption: lifetime }) } },
    });
    const jobId = `${id}:job-1`;
    await until(
      "its job",
      () => codeOf(client.call("job", "get", jobId)),
      (code) => code === "done",
    );
    const poolId = await poolOf(stage(), jobId);
    await client.call("job", "terminate", jobId);
    await stage().jobReaches(jobId, "completed");
    expect(wire(await client.call("pool", "get", poolId)).state).toBe("active");
    await client.call("jobSchedule", "deleteMethod", id);
    await gone(stage(), poolId);
    await until(
      "the schedule gone",
      () => codeOf(client.call("jobSchedule", "get", id)),
      (code) => code === "JobScheduleNotFound",
    );
  });

  it("refuses what cannot be, and adds neither job nor pool", async () => {
    const { client, poolId } = stage();
    const id = stage().named("bad-auto");
    const add = (poolInfo: Doc) => codeOf(client.call("job", "add", { id, poolInfo }));
    const before = (wire(await client.call("pool", "list")).value as Doc[]).map((pool) => pool.id);
    expect(await add({ poolId, autoPoolSpecification: specification() })).toBe("InvalidPropertyValue");
    expect(await add({ autoPoolSpecification: specification({ autoPoolIdPrefix: "a".repeat(21) }) })).toBe("InvalidPropertyValue");
    expect(await add({ autoPoolSpecification: specification({ pool: { ...MACHINES, vmSize: "none" } }) })).toBe("InvalidPropertyValue");
    const lifetime = client.year === 2017 ? "jobSchedule" : "jobschedule";
    expect(await add({ autoPoolSpecification: specification({ poolLifetimeOption: lifetime }) })).toBe("InvalidPropertyValue");
    expect(await add({})).toBe("MissingRequiredProperty");
    expect(await codeOf(client.call("job", "get", id))).toBe("JobNotFound");
    expect((wire(await client.call("pool", "list")).value as Doc[]).map((pool) => pool.id)).toEqual(before);
  });
}
