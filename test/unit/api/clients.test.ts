import { createRequire } from "node:module";
import { promisify } from "node:util";
import { BatchServiceClient, BatchSharedKeyCredentials } from "@azure/batch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HttpListener, listenHttp } from "../../../local/http-listener.ts";
import { ACCOUNT, type ApiWorld, apiWorld, JOB, KEY, POOL } from "./world.ts";

const require = createRequire(import.meta.url);

let world: ApiWorld;
let listener: HttpListener;
let url: string;
beforeAll(async () => {
  world = apiWorld(Date.now());
  listener = await listenHttp({ host: "127.0.0.1", port: 0, fetch: (request, env) => world.app.fetch(request, env) });
  url = `http://127.0.0.1:${listener.port}`;
  await world.call("POST", "/pools", POOL);
  await world.call("POST", "/jobs", JOB);
  const value = Array.from({ length: 25 }, (_, index) => ({ id: `t${String(index).padStart(2, "0")}`, commandLine: "/bin/true" }));
  await world.call("POST", "/jobs/Job-1/addtaskcollection", { value });
});
afterAll(() => listener.close(0));

interface TaskPage extends Array<{ id?: string }> {
  odatanextLink?: string;
}
/** What the older clients offer, as far as it is used here; they publish no types that fit. */
interface OldClient {
  task: {
    list(job: string, options: object): Promise<TaskPage>;
    listNext(link: string, options?: object): Promise<TaskPage>;
    deleteMethod(job: string, task: string): Promise<void>;
    terminate(job: string, task: string, options?: object): Promise<void>;
  };
  pool: { exists(id: string): Promise<boolean> };
  job: { add(job: object): Promise<void>; deleteMethod(id: string): Promise<void>; patch(id: string, patch: object): Promise<void> };
  file: {
    getFromComputeNode(pool: string, node: string, path: string): Promise<unknown>;
    deleteFromTask(job: string, task: string, path: string): Promise<unknown>;
  };
}

/** The client of 2017 takes callbacks alone. */
function promised(client: OldClient): OldClient {
  const bound = (group: object) =>
    new Proxy(group, { get: (of, name) => promisify((of as Record<string | symbol, () => void>)[name] as () => void).bind(of) });
  return new Proxy(client, { get: (of, name) => bound((of as unknown as Record<string | symbol, object>)[name] as object) });
}

const OPTIONS = { maxResults: 10, filter: "state eq 'active' and id ge 't01'", select: "id,state" };
const EXPECTED = Array.from({ length: 24 }, (_, index) => `t${String(index + 1).padStart(2, "0")}`);

describe("@azure/batch of 2022", () => {
  const client = () => new BatchServiceClient(new BatchSharedKeyCredentials(ACCOUNT, KEY), url);

  it("signs what we take, and follows our links", async () => {
    let page: TaskPage & { _response?: unknown } = await client().task.list("Job-1", { taskListOptions: OPTIONS });
    const ids = page.map((task) => task.id);
    while (page.odatanextLink) {
      page = await client().task.listNext(page.odatanextLink);
      ids.push(...page.map((task) => task.id));
    }
    expect(ids).toEqual(EXPECTED);
  });

  it("signs requests with and without a body", async () => {
    await client().job.add({ id: "new", poolInfo: { poolId: "Pool-1" } });
    await client().job.patch("new", { priority: 3 });
    await client().job.terminate("new");
    expect((await client().pool.exists("Pool-1")).body).toBe(true);
    await client().job.deleteMethod("new");
  });

  it("reads our errors", async () => {
    await expect(client().file.getFromTask("Job-1", "t01", "wd/a b/ü.txt")).rejects.toMatchObject({ statusCode: 409 });
    const wrong = new BatchServiceClient(new BatchSharedKeyCredentials(ACCOUNT, "d3Jvbmc="), url);
    await expect(wrong.job.list()).rejects.toMatchObject({ statusCode: 403, code: "AuthenticationFailed" });
  });
});

describe.each([
  ["azure-batch of 2020", "azure-batch"],
  ["azure-batch of 2017", "azure-batch-2017"],
])("%s", (_name, module) => {
  const client = (): OldClient => {
    const { ServiceClient, SharedKeyCredentials } = require(module) as {
      ServiceClient: new (credentials: unknown, url: string) => OldClient;
      SharedKeyCredentials: new (account: string, key: string) => unknown;
    };
    const made = new ServiceClient(new SharedKeyCredentials(ACCOUNT, KEY), url);
    return module === "azure-batch" ? made : promised(made);
  };

  it("signs what we take, and follows our links", async () => {
    let page = await client().task.list("Job-1", { taskListOptions: OPTIONS });
    const ids = page.map((task) => task.id);
    while (page.odatanextLink) {
      page = await client().task.listNext(page.odatanextLink);
      ids.push(...page.map((task) => task.id));
    }
    expect(ids).toEqual(EXPECTED);
  });

  it("signs requests with and without a body", async () => {
    await client().job.add({ id: module, poolInfo: { poolId: "Pool-1" } });
    await client().job.patch(module, { priority: 3 });
    expect(await client().pool.exists("Pool-1")).toBe(true);
    await client().job.deleteMethod(module);
  });

  it("reads our errors, of encoded paths too", async () => {
    await expect(client().file.deleteFromTask("Job-1", "t01", "wd/a b/ü.txt")).rejects.toMatchObject({ statusCode: 409 });
    await expect(client().file.getFromComputeNode("Pool-1", "none", "startup\\a (1)!'.txt")).rejects.toMatchObject({ statusCode: 400 });
    await expect(client().file.getFromComputeNode("Pool-1", "none", "startup/a (1)!'.txt")).rejects.toMatchObject({ statusCode: 404 });
  });
});
