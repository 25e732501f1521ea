import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { addSchedule } from "../../../core/services/schedules/add-schedule.ts";
import { lookAtSchedule } from "../../../core/services/schedules/look-at-schedule.ts";
import { type ApiWorld, apiWorld, errorOf, JOB, ORIGIN, POOL } from "./world.ts";

const SCHEDULE = { id: "Nightly", schedule: { recurrenceInterval: "P1D" }, jobSpecification: { poolInfo: { poolId: "p" } } };
const EMPTY = { headers: { "content-length": "0" } };
const { id: _id, ...pool } = POOL;

let world: ApiWorld;
beforeEach(async () => {
  world = apiWorld();
  expect((await world.call("POST", "/jobschedules", SCHEDULE)).status).toBe(201);
});

const json = async (path: string, options?: { version: string }) =>
  (await (await world.call("GET", path, undefined, options)).json()) as Record<string, never>;
const look = async () => {
  const item = await world.context.store.get(world.context.keys.schedule("nightly"));
  await lookAtSchedule(world.context, { scheduleId: "Nightly", uid: String(item?.uid) });
};

describe("each operation of schedules answers with its status and headers", () => {
  it.each([
    ["POST", "/jobschedules", { ...SCHEDULE, id: "s2" }, 201, "/jobschedules/s2"],
    ["PATCH", "/jobschedules/nightly", { metadata: [{ name: "a", value: "b" }] }, 200, "/jobschedules/Nightly"],
    ["PUT", "/jobschedules/nightly", { schedule: {}, jobSpecification: SCHEDULE.jobSpecification }, 200, "/jobschedules/Nightly"],
    ["POST", "/jobschedules/nightly/disable", undefined, 204, "/jobschedules/Nightly/disable"],
    ["POST", "/jobschedules/nightly/enable", undefined, 204, "/jobschedules/Nightly/enable"],
    ["POST", "/jobschedules/nightly/terminate", undefined, 202, "/jobschedules/Nightly/terminate"],
    ["DELETE", "/jobschedules/nightly", undefined, 202, "/jobschedules/nightly"],
  ])("%s %s", async (method, path, body, status, resource) => {
    const response = await world.call(method, path, body, body ? {} : EMPTY);
    expect([response.status, await response.text()]).toEqual([status, ""]);
    expect(response.headers.get("dataserviceid")).toBe(ORIGIN + resource);
    if (method !== "DELETE") expect(response.headers.get("etag")).toMatch(/^0x8D[0-9A-F]{12,}$/);
  });

  it("HEAD says whether there is one", async () => {
    expect((await world.call("HEAD", "/jobschedules/NIGHTLY")).status).toBe(200);
    expect((await world.call("HEAD", "/jobschedules/none")).status).toBe(404);
  });

  it("refuses what conditions forbid", async () => {
    const { eTag } = await json("/jobschedules/nightly");
    const patch = (etag: string) => world.call("PATCH", "/jobschedules/nightly", { metadata: [] }, { headers: { "if-match": etag } });
    expect((await patch("0x0")).status).toBe(412);
    expect((await patch(String(eTag))).status).toBe(200);
    expect((await patch(String(eTag))).status).toBe(412);
  });
});

describe("a schedule", () => {
  it("is shown as Azure shows it", async () => {
    await look();
    const now = new Date(world.clock.now()).toISOString().replace(/Z$/, "0000Z");
    expect(await json("/jobschedules/nightly")).toMatchObject({
      "odata.metadata": `${ORIGIN}/$metadata#jobschedules/@Element`,
      id: "Nightly",
      url: `${ORIGIN}/jobschedules/Nightly`,
      creationTime: now,
      state: "active",
      schedule: { recurrenceInterval: "P1D" },
      jobSpecification: { priority: 0, poolInfo: { poolId: "p" } },
      executionInfo: {
        nextRunTime: now.replace("24T", "25T"),
        recentJob: { id: "Nightly:job-1", url: `${ORIGIN}/jobs/Nightly:job-1` },
      },
    });
  });

  it("has jobs, which are found by their ids, however the colon is sent, and among the others", async () => {
    await look();
    await world.call("POST", "/jobs", JOB);
    for (const path of ["/jobs/Nightly:job-1", "/jobs/nightly%3Ajob-1"]) expect(await json(path)).toMatchObject({ id: "Nightly:job-1" });
    const ids = async (path: string) => ((await json(path)).value as unknown as { id: string }[]).map(({ id }) => id);
    expect(await ids("/jobschedules/nightly/jobs")).toEqual(["Nightly:job-1"]);
    expect(await ids("/jobs?$filter=id%20eq%20'nightly:job-1'")).toEqual(["Nightly:job-1"]);
    expect(await ids(`/jobschedules/nightly/jobs?$filter=id%20eq%20'${JOB.id}'`)).toEqual([]);
    expect(await ids("/jobs")).toEqual([JOB.id, "Nightly:job-1"]);
    expect(await errorOf(await world.call("GET", "/jobschedules/none/jobs"))).toMatchObject({ status: 404, code: "JobScheduleNotFound" });
    expect((await world.call("GET", "/jobs/nightly:job-x")).status).toBe(404);
  });

  it("is listed, filtered and selected", async () => {
    await world.call("POST", "/jobschedules", { ...SCHEDULE, id: "b" });
    await world.call("POST", "/jobschedules/b/disable", undefined, EMPTY);
    expect((await json("/jobschedules?$filter=state%20eq%20'disabled'&$select=id")).value).toEqual([{ id: "b" }]);
    const page = await json("/jobschedules?maxresults=1&$select=id");
    expect(page.value).toEqual([{ id: "b" }]);
    expect(page["odata.nextLink"]).toContain("skiptoken");
  });

  it("is spoken of in the words of older versions", async () => {
    const version = "2017-01-01.4.0";
    const autoPoolSpecification = {
      poolLifetimeOption: "jobSchedule",
      pool: {
        vmSize: "standard_d2_v3",
        targetDedicated: 1,
        virtualMachineConfiguration: POOL.virtualMachineConfiguration,
      },
    };
    const body = { ...SCHEDULE, id: "old", jobSpecification: { poolInfo: { autoPoolSpecification } } };
    expect((await world.call("POST", "/jobschedules", body, { version })).status).toBe(201);
    const shown = async (as: string) =>
      (
        (await json("/jobschedules/old", { version: as })) as unknown as {
          jobSpecification: { poolInfo: { autoPoolSpecification: Record<string, unknown> } };
        }
      ).jobSpecification.poolInfo.autoPoolSpecification;
    expect(await shown(version)).toMatchObject({ poolLifetimeOption: "jobSchedule", pool: { targetDedicated: 1 } });
    expect(await shown("2024-07-01.20.0")).toMatchObject({ poolLifetimeOption: "jobschedule", pool: { targetDedicatedNodes: 1 } });
  });
});

describe("bad input changes nothing", () => {
  const state = () => JSON.stringify((world.context.store as MemoryStore).dump());
  it.each([
    ["InvalidPropertyValue", "a recurrence below a minute", { schedule: { recurrenceInterval: "PT30S" } }],
    ["InvalidPropertyValue", "a start window below a minute", { schedule: { startWindow: "PT1S" } }],
    ["InvalidPropertyValue", "a start window longer than the interval", { schedule: { startWindow: "PT2H", recurrenceInterval: "PT1H" } }],
    ["InvalidPropertyValue", "an end in the past", { schedule: { doNotRunAfter: "2020-01-01T00:00:00Z" } }],
    [
      "InvalidPropertyValue",
      "an end before the beginning",
      { schedule: { doNotRunUntil: "2031-01-01T00:00:00Z", doNotRunAfter: "2030-01-01T00:00:00Z" } },
    ],
    ["InvalidPropertyValue", "an id with a colon", { id: "a:job-1" }],
    [
      "InvalidPropertyValue",
      "a pool of both kinds",
      { jobSpecification: { poolInfo: { poolId: "p", autoPoolSpecification: { poolLifetimeOption: "job", pool } } } },
    ],
    ["MissingRequiredProperty", "no pool", { jobSpecification: { poolInfo: {} } }],
    ["MissingRequiredProperty", "no job", { jobSpecification: undefined }],
    ["JobScheduleExists", "an id that is taken", { id: "NIGHTLY" }],
    ["JobWithSameIdExists", "the id of a job", { id: JOB.id.toUpperCase() }],
  ])("%s: %s", async (code, _what, change) => {
    await world.call("POST", "/jobs", JOB);
    const before = state();
    const { status, ...error } = await errorOf(await world.call("POST", "/jobschedules", { ...SCHEDULE, id: "s2", ...change }));
    expect([status < 500, error.code]).toEqual([true, code]);
    expect(state()).toBe(before);
  });

  it("of a job: the id of a schedule", async () => {
    const before = state();
    expect(await errorOf(await world.call("POST", "/jobs", { ...JOB, id: "nightly" }))).toMatchObject({
      code: "JobScheduleWithSameIdExists",
    });
    expect(state()).toBe(before);
  });

  it("of an update: an end that has passed, unless it was there before", async () => {
    const doNotRunAfter = new Date(world.clock.now() + 1000).toISOString();
    await addSchedule(world.context, {
      id: "ends",
      schedule: { doNotRunAfter },
      jobSpecification: {
        priority: 0,
        poolInfo: { poolId: "p" },
        constraints: {},
        onAllTasksComplete: "noaction",
        onTaskFailure: "noaction",
      },
    });
    await world.clock.advance(10_000);
    const put = (schedule: object) => world.call("PUT", "/jobschedules/ends", { schedule, jobSpecification: SCHEDULE.jobSpecification });
    expect((await put({ doNotRunAfter, recurrenceInterval: "PT1H" })).status).toBe(400);
    expect((await put({ doNotRunAfter })).status).toBe(200);
  });
});
