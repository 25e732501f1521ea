import { beforeEach, describe, expect, it } from "vitest";
import { INTERVAL_MS, startOf } from "../../../core/domain/pool-usage.ts";
import { type ApiWorld, apiWorld, errorOf, JOB, ORIGIN, POOL, TASK } from "./world.ts";

const HOUR_MS = 3_600_000;
const NO_JOB_STATS = {
  userCPUTime: "PT0S",
  kernelCPUTime: "PT0S",
  wallClockTime: "PT0S",
  readIOps: 0,
  writeIOps: 0,
  readIOGiB: 0,
  writeIOGiB: 0,
  waitTime: "PT0S",
};
const BEFORE_2023 = { version: "2022-10-01.16.0" };
let world: ApiWorld;
beforeEach(async () => {
  world = apiWorld();
  await world.call("POST", "/pools", POOL);
  await world.call("POST", "/jobs", JOB);
  await world.call("POST", "/jobs/Job-1/tasks", TASK);
});

type Doc = Record<string, unknown> & { stats?: Record<string, unknown>; value?: Doc[] };
const json = async (path: string, options?: { version: string }) =>
  (await (await world.call("GET", path, undefined, options)).json()) as Doc;

describe("$expand=stats", () => {
  it.each(["/pools/Pool-1", "/jobs/Job-1", "/jobs/Job-1/tasks/task-1"])(
    "of %s gives its statistics, alone and in the list",
    async (path) => {
      const { stats } = await json(`${path}?$expand=stats`);
      expect(stats).toMatchObject({
        url: `${ORIGIN}${path}?$expand=stats`,
        startTime: expect.any(String),
        lastUpdateTime: expect.any(String),
      });
      const list = await json(`${path.replace(/\/[^/]+$/, "")}?$expand=stats&$select=stats`);
      expect(list.value).toEqual([{ stats }]);
      expect(await json(path)).not.toHaveProperty("stats");
      expect(await json(`${path}?$expand=stats&$select=id`)).not.toHaveProperty("stats");
    },
  );

  it("is refused for anything else", async () => {
    for (const path of ["/pools", "/pools/Pool-1", "/jobs", "/jobs/Job-1", "/jobs/Job-1/tasks", "/jobs/Job-1/tasks/task-1"]) {
      const refused = await errorOf(await world.call("GET", `${path}?$expand=foo`));
      expect([path, refused.status, refused.code]).toEqual([path, 400, "InvalidQueryParameterValue"]);
    }
  });

  it("tells how long a task has waited so far", async () => {
    await world.clock.advance(90_500);
    expect((await json("/jobs/Job-1/tasks/task-1?$expand=stats")).stats).toMatchObject({ ...NO_JOB_STATS, waitTime: "PT1M30.5S" });
  });
});

describe("the statistics of the account's life", () => {
  it("are those of all pools, with what is not measured as 0", async () => {
    const answer = await world.call("GET", "/lifetimepoolstats", undefined, BEFORE_2023);
    const body = (await answer.json()) as Doc;
    expect(body).toMatchObject({
      "odata.metadata": `${ORIGIN}/$metadata#poolstats/@Element`,
      url: `${ORIGIN}/lifetimepoolstats`,
      usageStats: { dedicatedCoreTime: "PT0S" },
      resourceStats: { avgCPUPercentage: 0, networkWriteGiB: 0 },
    });
    expect(answer.headers.get("etag")).toMatch(/^0x/);
  });

  it("are those of all jobs", async () => {
    expect(await json("/lifetimejobstats", BEFORE_2023)).toMatchObject({
      "odata.metadata": `${ORIGIN}/$metadata#jobstats/@Element`,
      url: `${ORIGIN}/lifetimejobstats`,
      ...NO_JOB_STATS,
      numSucceededTasks: 0,
      numFailedTasks: 0,
      numTaskRetries: 0,
    });
  });

  it.each(["/lifetimepoolstats", "/lifetimejobstats"])("%s is there until 2022-10 alone, and only to be read", async (path) => {
    expect((await world.call("GET", path, undefined, { version: "2015-12-01.2.2" })).status).toBe(200);
    expect(await errorOf(await world.call("GET", path, undefined, { version: "2023-05-01.17.0" }))).toMatchObject({
      status: 400,
      code: "InvalidUri",
    });
    expect((await world.call("DELETE", path, undefined, BEFORE_2023)).status).toBe(405);
  });
});

describe("usage metrics", () => {
  const usage = (query = "", options?: { version: string }) => json(`/poolusagemetrics${query}`, options);
  const iso = (moment: number) => new Date(moment).toISOString();

  async function record(poolId: string, start: number, hours: number): Promise<void> {
    const key = { pk: world.context.keys.usage(), sk: `${iso(start)}#${poolId}` };
    await world.context.store.write({
      kind: "insert",
      item: { ...key, poolId, start, vmSize: "standard_d2_v3", coreMs: hours * HOUR_MS },
    });
  }

  it("are those of the last half hour that ended two hours ago", async () => {
    const last = startOf(world.clock.now() - 2 * HOUR_MS) - INTERVAL_MS;
    for (const [index, start] of [last - INTERVAL_MS, last, last + INTERVAL_MS].entries()) await record("Pool-1", start, index + 0.25);
    const { value } = await usage();
    expect(value).toEqual([
      {
        poolId: "Pool-1",
        startTime: "2026-11-24T03:30:00.0000000Z",
        endTime: "2026-11-24T04:00:00.0000000Z",
        vmSize: "standard_d2_v3",
        totalCoreHours: 1.25,
      },
    ]);
    expect((await usage("", { version: "2018-08-01.7.0" })).value?.[0]).toMatchObject({ dataIngressGiB: 0, dataEgressGiB: 0 });
  });

  it("are those of a range, of one pool, page by page", async () => {
    const first = startOf(world.clock.now()) - 10 * HOUR_MS;
    for (let i = 0; i < 8; i++) for (const id of ["a", "b"]) await record(id, first + i * INTERVAL_MS, i);
    const range = `?starttime=${iso(first + INTERVAL_MS)}&endtime=${iso(first + 4 * INTERVAL_MS)}`;
    const hours = (list: Doc) => list.value?.map((row) => `${row.poolId}${row.totalCoreHours}`);
    expect(hours(await usage(range))).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
    const page = await usage(`${range}&maxresults=2&$filter=${encodeURIComponent("poolId eq 'B'")}`);
    expect(hours(page)).toEqual(["b1", "b2"]);
    const next = String(page["odata.nextLink"])
      .slice(ORIGIN.length)
      .replace(/&?api-version=[^&]*/, "");
    expect(hours(await json(next))).toEqual(["b3"]);
  });

  it.each([
    ["starttime=yesterday", "starttime"],
    ["starttime=2026-11-24T05:00:00Z", "starttime"],
    ["endtime=2026-11-24T04:00:01Z", "endtime"],
    ["endtime=2027-01-01T00:00:00Z", "endtime"],
    ["starttime=2026-11-23T05:00:00Z&endtime=2026-11-23T04:00:00Z", "endtime"],
    ["starttime=2026-11-23T05:00:00Z&endtime=2026-11-23T05:00:00Z", "endtime"],
    ["$filter=vmSize%20eq%20'x'", "$filter"],
    ["$filter=poolId", "$filter"],
    ["$select=poolId", "$select"],
  ])("are refused for %s", async (query, name) => {
    const refused = await errorOf(await world.call("GET", `/poolusagemetrics?${query}`));
    expect(refused).toMatchObject({ status: 400, code: "InvalidQueryParameterValue" });
    expect(refused.values?.[0]).toEqual({ key: "QueryParameterName", value: name });
  });

  it("are refused for more than 1,000 at a time", async () => {
    expect(await errorOf(await world.call("GET", "/poolusagemetrics?maxresults=1001"))).toMatchObject({
      code: "OutOfRangeQueryParameterValue",
    });
  });
});
