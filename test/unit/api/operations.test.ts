import { beforeEach, describe, expect, it } from "vitest";
import { type ApiWorld, apiWorld, JOB, ORIGIN, POOL, TASK } from "./world.ts";

let world: ApiWorld;
beforeEach(async () => {
  world = apiWorld();
  await world.call("POST", "/pools", POOL);
  await world.call("POST", "/jobs", JOB);
  await world.call("POST", "/jobs/Job-1/tasks", TASK);
});

const json = async (path: string, options?: { version: string }) =>
  (await (await world.call("GET", path, undefined, options)).json()) as Record<string, never>;
const EMPTY = { headers: { "content-length": "0" } };

describe("each operation answers with its status and headers", () => {
  it.each([
    ["POST", "/pools", { ...POOL, id: "p2" }, 201, "/pools/p2"],
    ["POST", "/jobs", { ...JOB, id: "j2" }, 201, "/jobs/j2"],
    ["POST", "/jobs/Job-1/tasks", { ...TASK, id: "t2" }, 201, "/jobs/Job-1/tasks/t2"],
    ["PATCH", "/jobs/job-1", { priority: 7 }, 200, "/jobs/Job-1"],
    ["PUT", "/jobs/Job-1", { priority: 7, poolInfo: JOB.poolInfo }, 200, "/jobs/Job-1"],
    ["POST", "/jobs/Job-1/disable", { disableTasks: "requeue" }, 202, "/jobs/Job-1/disable"],
    ["POST", "/jobs/Job-1/terminate", { terminateReason: "enough" }, 202, "/jobs/Job-1/terminate"],
    ["POST", "/jobs/Job-1/terminate", undefined, 202, "/jobs/Job-1/terminate"],
    ["POST", "/pools/Pool-1/stopresize", undefined, 202, "/pools/Pool-1/stopresize"],
    ["POST", "/jobs/Job-1/tasks/task-1/terminate", undefined, 204, "/jobs/Job-1/tasks/task-1/terminate"],
  ])("%s %s", async (method, path, body, status, resource) => {
    const response = await world.call(method, path, body, body ? {} : EMPTY);
    expect([response.status, await response.text()]).toEqual([status, ""]);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      dataserviceid: ORIGIN + resource,
      dataserviceversion: "3.0",
      etag: expect.stringMatching(/^0x8D[0-9A-F]{12,}$/),
      "last-modified": "Tue, 24 Nov 2026 06:00:00 GMT",
      "request-id": expect.stringMatching(/^\w{16}$/),
    });
    expect(headers.location).toBe(status === 201 ? ORIGIN + resource : undefined);
    expect(headers["content-length"]).toBe(status === 204 ? undefined : "0");
  });

  it.each([
    ["/jobs/Job-1/tasks/task-1", 200],
    ["/jobs/Job-1", 202],
    ["/pools/Pool-1", 202],
  ])("DELETE %s", async (path, status) => {
    const response = await world.call("DELETE", path);
    expect([response.status, await response.text(), response.headers.get("etag")]).toEqual([status, "", null]);
  });

  it("HEAD of a pool says whether it exists", async () => {
    const there = await world.call("HEAD", "/pools/pool-1");
    expect([there.status, there.headers.get("etag")?.slice(0, 4), await there.text()]).toEqual([200, "0x8D", ""]);
    const missing = await world.call("HEAD", "/pools/none");
    expect([missing.status, await missing.text()]).toEqual([404, ""]);
    expect((await world.call("HEAD", "/jobs/Job-1")).status).toBe(405);
  });
});

describe("a resource", () => {
  it("comes with its metadata, and its URL by the host that the client used", async () => {
    expect(await json("/jobs/job-1")).toMatchObject({
      "odata.metadata": `${ORIGIN}/$metadata#jobs/@Element`,
      id: "Job-1",
      url: `${ORIGIN}/jobs/Job-1`,
      creationTime: "2026-11-24T06:00:00.0000000Z",
    });
  });

  it("shows the same ETag in its header and in its body", async () => {
    const response = await world.call("GET", "/pools/Pool-1");
    expect(((await response.json()) as { eTag: string }).eTag).toBe(response.headers.get("etag"));
  });

  it("shows what is selected, in the names of the client's version", async () => {
    expect(await json("/pools/Pool-1?$select=id,targetDedicatedNodes&$expand=stats")).toEqual({
      "odata.metadata": `${ORIGIN}/$metadata#pools/@Element`,
      id: "Pool-1",
      targetDedicatedNodes: 2,
    });
    expect(await json("/pools?$select=targetDedicated", { version: "2017-01-01.4.0" })).toMatchObject({ value: [{ targetDedicated: 2 }] });
  });

  it("counts tasks in the shape of each version", async () => {
    const tasks = { active: 1, running: 0, completed: 0, succeeded: 0, failed: 0 };
    expect(await json("/jobs/Job-1/taskcounts")).toMatchObject({ taskCounts: tasks, taskSlotCounts: tasks });
    expect(await json("/jobs/Job-1/taskcounts", { version: "2018-08-01.7.0" })).toMatchObject(tasks);
    expect(await json("/jobs/Job-1/taskcounts", { version: "2017-01-01.4.0" })).toMatchObject({ code: "InvalidUri" });
  });
});

describe("a listing", () => {
  beforeEach(async () => {
    for (let start = 0; start < 200; start += 100) {
      const value = Array.from({ length: 100 }, (_, index) => ({ ...TASK, id: `t${String(start + index).padStart(3, "0")}` }));
      await world.call("POST", "/jobs/Job-1/addtaskcollection", { value });
    }
  });

  /** Follows the links as a client does: each as it is, signed anew. */
  async function follow(path: string) {
    const pages: string[][] = [];
    let target: string | undefined = path;
    let version: string | undefined;
    while (target) {
      const response: Response = await world.call("GET", target, undefined, version === undefined ? {} : { version: null });
      expect(response.status).toBe(200);
      const body = (await response.json()) as { value: { id: string }[]; "odata.nextLink"?: string };
      pages.push(body.value.map((task) => task.id));
      const link: string | undefined = body["odata.nextLink"];
      if (link) expect(link.startsWith(`${ORIGIN}/jobs/Job-1/tasks?`)).toBe(true);
      target = link?.slice(ORIGIN.length);
      version = "in the link";
    }
    return pages;
  }

  it("gives every task once, in pages, by links that keep the query", async () => {
    const pages = await follow("/jobs/Job-1/tasks?maxresults=90&$select=id");
    expect(pages.map((page) => page.length)).toEqual([90, 90, 21]);
    expect(new Set(pages.flat()).size).toBe(201);
  });

  it("filters over all pages", async () => {
    const pages = await follow(`/jobs/Job-1/tasks?maxresults=7&$filter=${encodeURIComponent("startswith(id,'T01') or id eq 'task-1'")}`);
    expect(pages.flat()).toEqual([...Array.from({ length: 10 }, (_, index) => `t01${index}`), "task-1"]);
    expect(pages[0]).toHaveLength(7);
  });

  it("finds one id without reading the rest", async () => {
    const query = world.context.store.query.bind(world.context.store);
    let queries = 0;
    Object.assign(world.context.store, {
      query: (...args: Parameters<typeof query>) => {
        queries++;
        return query(...args);
      },
    });
    const found = await json(`/jobs/Job-1/tasks?$filter=${encodeURIComponent("id eq 'T150' and state eq 'active'")}`);
    expect(found).toMatchObject({ value: [{ id: "t150" }] });
    expect(await json(`/jobs/Job-1/tasks?$filter=${encodeURIComponent("id eq 'none'")}`)).toMatchObject({ value: [] });
    expect(await json(`/jobs/Job-1/tasks?$filter=${encodeURIComponent("id eq 'no id'")}`)).toMatchObject({ value: [] });
    expect(queries).toBe(0);
  });
});
