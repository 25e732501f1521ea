import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INTERVAL_MS, startOf } from "../../core/domain/pool-usage.ts";
import { getPool } from "../../core/services/pools/read-pools.ts";
import { recordIntervals } from "../../core/services/stats/pool-usage.ts";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { millisecondsOf } from "./conforms.ts";
import { formsOf } from "./main-job/forms.ts";
import { many, one, pages, type Scene } from "./main-job/scene.ts";

const HOUR_MS = 3_600_000;
const linux = process.platform === "linux";
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** What was used, by tasks, jobs and pools, as each official client reads it. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let scene: Scene;
  let client: Client;
  let before: Doc;
  const duration = (stats: Doc, name: string) => millisecondsOf(stats[name] as string, name);
  const statsOf = (doc: Doc | undefined) => doc?.stats as Doc;
  const lifetime = async (of: "job" | "pool"): Promise<Doc> => {
    const [model, set] = of === "job" ? ["JobStatistics", "jobstats"] : ["PoolStatistics", "poolstats"];
    return one(scene, await client.call(of, "getAllLifetimeStatistics"), model, set);
  };

  beforeAll(async () => {
    client = connect(server);
    scene = { client, server, forms: formsOf(client), poolId: `Stats-${client.year}`, jobId: `Stats-${client.year}` };
    before = wire(await client.call("job", "getAllLifetimeStatistics"));
    await client.call("pool", "add", {
      id: scene.poolId,
      ...MACHINES,
      ...scene.forms.targets(1),
    });
    await client.call("job", "add", { id: scene.jobId, poolInfo: { poolId: scene.poolId } });
    const tasks = [
      ["counts", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 0.2"],
      ["fails", "exit 1"],
    ];
    for (const [id, script] of tasks)
      await client.call("task", "add", scene.jobId, { id, commandLine: `/bin/sh -c '${script}'`, constraints: { maxTaskRetryCount: 1 } });
    for (const [id] of tasks)
      await until(
        `${id} completed`,
        async () => wire(await client.call("task", "get", scene.jobId, id)),
        ({ state }) => state === "completed",
      );
  });

  it("tells of a task how long it waited and ran, and what its command used", async () => {
    const task = one(
      scene,
      await client.call("task", "get", scene.jobId, "counts", { taskGetOptions: { expand: "stats" } }),
      "CloudTask",
      "tasks",
    );
    const stats = statsOf(task);
    expect(stats).toMatchObject({ startTime: task.creationTime, url: `${server.url}/jobs/${scene.jobId}/tasks/counts?$expand=stats` });
    expect(duration(stats, "wallClockTime")).toBeGreaterThanOrEqual(200);
    expect(duration(stats, "waitTime")).toBeGreaterThan(0);
    if (linux) expect(duration(stats, "userCPUTime")).toBeGreaterThan(0);
    const options = { taskListOptions: { expand: "stats", select: "id,stats" } };
    const listed = many(scene, await client.call("task", "list", scene.jobId, options), "CloudTask", "tasks");
    expect(listed).toEqual([
      { id: "counts", stats: expect.objectContaining({ wallClockTime: stats.wallClockTime }) },
      { id: "fails", stats: expect.anything() },
    ]);
    expect(one(scene, await client.call("task", "get", scene.jobId, "counts"), "CloudTask", "tasks")).not.toHaveProperty("stats");
  });

  it("tells of a job what all its tasks used", async () => {
    const counted = { numSucceededTasks: 1, numFailedTasks: 1, numTaskRetries: 1 };
    const get = async () =>
      one(scene, await client.call("job", "get", scene.jobId, { jobGetOptions: { expand: "stats" } }), "CloudJob", "jobs");
    const job = await until("its counts", get, (seen) => statsOf(seen).numFailedTasks === 1);
    expect(statsOf(job)).toMatchObject({ ...counted, startTime: job.creationTime });
    expect(duration(statsOf(job), "wallClockTime")).toBeGreaterThanOrEqual(200);
    if (linux) expect(duration(statsOf(job), "userCPUTime")).toBeGreaterThan(0);
    const jobListOptions = { expand: "stats", select: "id,stats", filter: `id eq '${scene.jobId}'` };
    const listed = many(scene, await client.call("job", "list", { jobListOptions }), "CloudJob", "jobs");
    expect(listed).toEqual([{ id: scene.jobId, stats: expect.objectContaining(counted) }]);
  });

  it("tells of a schedule what its jobs used", async () => {
    const id = `Daily-${client.year}`;
    const jobSpecification = {
      poolInfo: { poolId: scene.poolId },
      jobManagerTask: { id: "only", commandLine: "/bin/sleep 0.2", killJobOnCompletion: false },
    };
    await client.call("jobSchedule", "add", { id, schedule: { recurrenceInterval: client.duration("P1D") }, jobSpecification });
    const get = () => client.call("jobSchedule", "get", id, { jobScheduleGetOptions: { expand: "stats" } });
    const schedule = await until(
      "its job counted",
      async () => one(scene, await get(), "CloudJobSchedule", "jobschedules"),
      (seen) => statsOf(seen).numSucceededTasks === 1,
    );
    expect(statsOf(schedule)).toMatchObject({ numFailedTasks: 0, startTime: schedule.creationTime });
    expect(duration(statsOf(schedule), "wallClockTime")).toBeGreaterThanOrEqual(200);
    const jobScheduleListOptions = { expand: "stats", select: "id,stats", filter: `id eq '${id}'` };
    const listed = many(scene, await client.call("jobSchedule", "list", { jobScheduleListOptions }), "CloudJobSchedule", "jobschedules");
    expect(listed).toEqual([{ id, stats: expect.objectContaining({ numSucceededTasks: 1 }) }]);
  });

  it("tells of a pool how long it had its cores", async () => {
    const get = () => client.call("pool", "get", scene.poolId, { poolGetOptions: { expand: "stats" } });
    const pool = one(scene, await get(), "CloudPool", "pools");
    const { usageStats, resourceStats } = statsOf(pool) as { usageStats: Doc; resourceStats: Doc };
    expect(usageStats.startTime).toBe(pool.creationTime);
    const lived = Date.parse(usageStats.lastUpdateTime as string) - Date.parse(pool.creationTime as string);
    expect(duration(usageStats, "dedicatedCoreTime")).toBeGreaterThan(0);
    expect(duration(usageStats, "dedicatedCoreTime")).toBeLessThanOrEqual(2 * lived);
    expect(resourceStats).toMatchObject({ avgCPUPercentage: 0 });
    const poolListOptions = { expand: "stats", select: "id,stats", filter: `id eq '${scene.poolId}'` };
    const [listed] = many(scene, await client.call("pool", "list", { poolListOptions }), "CloudPool", "pools");
    expect(duration(statsOf(listed).usageStats as Doc, "dedicatedCoreTime")).toBeGreaterThan(duration(usageStats, "dedicatedCoreTime") - 1);
  });

  it("tells what all pools and jobs used, also those that are gone", async () => {
    const grown = (seen: Doc, name: string) => Number(seen[name]) - Number(before[name]);
    await client.call("job", "deleteMethod", scene.jobId);
    const jobs = await until(
      "the job rolled up",
      () => lifetime("job"),
      (seen) => grown(seen, "numSucceededTasks") > 0,
    );
    expect([grown(jobs, "numSucceededTasks"), grown(jobs, "numFailedTasks"), grown(jobs, "numTaskRetries")]).toEqual([1, 1, 1]);
    // Those of the job of a schedule that is there still come with a sweep.
    expect(jobs.url).toBe(`${server.url}/lifetimejobstats`);
    const coreTime = async () => duration((await lifetime("pool")).usageStats as Doc, "dedicatedCoreTime");
    const had = await coreTime();
    expect(had).toBeGreaterThan(0);
    const pool = await getPool(server.context, scene.poolId);
    await client.call("pool", "deleteMethod", scene.poolId);
    await until(
      "the pool gone",
      () => server.context.store.get(server.context.keys.pool(scene.poolId)),
      (item) => item === undefined,
    );
    expect(await coreTime()).toBeGreaterThanOrEqual(had);
    await lived(pool);
  });

  /** As if the pool had had two nodes since four hours ago. */
  async function lived(pool: Awaited<ReturnType<typeof getPool>>): Promise<void> {
    const at = startOf(Date.now()) - 8 * INTERVAL_MS;
    const usage = { at, dedicated: 0, lowPriority: 0, interval: { start: at, vmSize: pool.spec.vmSize, coreMs: 0 } };
    await recordIntervals(server.context, { ...pool, currentDedicatedNodes: 2, usage }, startOf(Date.now()), false);
  }

  it("lists what pools used, half an hour each", async () => {
    const filter = `poolId eq '${scene.poolId}'`;
    const list = (options: Doc) => client.call("pool", "listUsageMetrics", { poolListUsageMetricsOptions: { filter, ...options } });
    const last = many(scene, await list({}), "PoolUsageMetrics", "poolusagemetrics");
    const row = { poolId: scene.poolId, vmSize: "standard_d2_v3", totalCoreHours: 2 };
    expect(last).toEqual([expect.objectContaining(row)]);
    const [first] = last;
    expect(Date.parse(first?.endTime as string) - Date.parse(first?.startTime as string)).toBe(INTERVAL_MS);
    const range = { startTime: new Date(Date.now() - 4 * HOUR_MS), endTime: new Date(Date.now() - 2 * HOUR_MS - 1_000), maxResults: 2 };
    const all = await pages(scene, "pool", await list(range), "listUsageMetricsNext");
    const rows = all.flatMap((page) => many(scene, page, "PoolUsageMetrics", "poolusagemetrics"));
    expect(rows.length).toBeGreaterThanOrEqual(4);
    expect(rows.every(({ totalCoreHours }) => totalCoreHours === 2)).toBe(true);
  });

  it("is refused what cannot be told", async () => {
    const refused = { statusCode: 400, code: "InvalidQueryParameterValue" };
    await expect(client.call("job", "list", { jobListOptions: { expand: "executionInfo" } })).rejects.toMatchObject(refused);
    const day = 24 * HOUR_MS;
    for (const [from, to] of [
      [-day, -2 * day],
      [-day, day],
      [-HOUR_MS, undefined],
    ] as const) {
      const range = {
        startTime: new Date(Date.now() + from),
        ...(to !== undefined && { endTime: new Date(Date.now() + to) }),
      };
      await expect(client.call("pool", "listUsageMetrics", { poolListUsageMetricsOptions: range })).rejects.toMatchObject(refused);
    }
  });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
