import { beforeEach, describe, expect, it } from "vitest";
import { toItem } from "../../../core/domain/items.ts";
import type { Node } from "../../../core/domain/node.ts";
import type { Task } from "../../../core/domain/task.ts";
import { getJob } from "../../../core/services/jobs/read-jobs.ts";
import { getTask } from "../../../core/services/tasks/read-tasks.ts";
import { type ApiWorld, apiWorld, errorOf, JOB, ORIGIN, POOL, TASK } from "./world.ts";

const AT = "2026-11-24T05:00:00.000Z";
const NODE: Node = {
  id: "tvmps_1_d",
  poolId: "Pool-1",
  rev: 1,
  machineId: "1",
  state: "idle",
  stateTransitionTime: AT,
  schedulingState: "enabled",
  allocationTime: AT,
  ipAddress: "127.0.0.2",
  vmSize: "standard_d2_v3",
  dedicated: true,
  slots: 1,
  boot: 1,
  order: 0,
  lastSeen: AT,
  totalTasksRun: 0,
  totalTasksSucceeded: 0,
  runningTasks: 0,
  runningSlots: 0,
};
const TASK_FILES = "/jobs/Job-1/tasks/task-1/files";
const NODE_FILES = "/pools/Pool-1/nodes/tvmps_1_d/files";
const DIRECTORY = "workitems/Job-1/job-1/task-1";

let world: ApiWorld;
beforeEach(async () => {
  world = apiWorld();
  await world.call("POST", "/pools", POOL);
  await world.call("POST", "/jobs", JOB);
  await world.call("POST", "/jobs/Job-1/tasks", TASK);
  const { store, keys } = world.context;
  await store.write({ kind: "insert", item: toItem(keys.node("Pool-1", NODE.id), NODE) });
  world.nodeFiles.write(`${DIRECTORY}/stdout.txt`, "0123456789");
  world.nodeFiles.write(`${DIRECTORY}/wd/a b/ü.txt`, "umlaut");
  world.nodeFiles.write(`${DIRECTORY}/wd/empty`, "");
  world.nodeFiles.write("startup/stdout.txt", "started");
});

/** As if the task had run on the node. */
async function ran(): Promise<void> {
  const { store, keys } = world.context;
  const job = await getJob(world.context, "Job-1");
  const task = await getTask(world.context, "Job-1", "task-1");
  const key = keys.task({ jobId: job.id, uid: job.uid, taskId: task.id });
  const node: Task["node"] = { poolId: "Pool-1", nodeId: NODE.id, machineId: NODE.machineId };
  const { node: value } = toItem(key, { ...task, node });
  const outcome = await store.write({ kind: "update", key, set: { node: value ?? null } });
  expect(outcome.ok).toBe(true);
}

describe("a file", () => {
  beforeEach(ran);

  it("comes with its content and Azure's headers", async () => {
    const response = await world.call("GET", `${TASK_FILES}/wd%2Fa%20b%2F%C3%BC.txt`);
    expect([response.status, await response.text()]).toEqual([200, "umlaut"]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-length": "6",
      "content-type": "text/plain",
      "last-modified": "Tue, 24 Nov 2026 05:30:00 GMT",
      "ocp-creation-time": "Tue, 24 Nov 2026 05:30:00 GMT",
      "ocp-batch-file-isdirectory": "False",
      "ocp-batch-file-mode": "0100644",
      "ocp-batch-file-url": encodeURIComponent(`${ORIGIN}${TASK_FILES}/wd/a%20b/%C3%BC.txt`),
    });
  });

  it("is found by a path with plain slashes too, and below a node's root", async () => {
    expect(await (await world.call("GET", `${TASK_FILES}/wd/a%20b/%C3%BC.txt`)).text()).toBe("umlaut");
    expect(await (await world.call("GET", `${NODE_FILES}/startup%2Fstdout.txt`)).text()).toBe("started");
  });

  it.each([
    ["bytes=1-2", "12"],
    ["bytes=8-", "89"],
    ["bytes=8-100", "89"],
  ])("in part, %s, with 200", async (range, text) => {
    const response = await world.call("GET", `${TASK_FILES}/stdout.txt`, undefined, { headers: { "ocp-range": range } });
    expect([response.status, await response.text(), response.headers.get("content-length")]).toEqual([200, text, String(text.length)]);
  });

  it("has no part beyond its end", async () => {
    const response = await world.call("GET", `${TASK_FILES}/stdout.txt`, undefined, { headers: { "ocp-range": "bytes=10-" } });
    expect(await errorOf(response)).toMatchObject({ status: 416, code: "InvalidRange" });
  });

  it("may be empty", async () => {
    const response = await world.call("GET", `${TASK_FILES}/wd/empty`);
    expect([response.status, await response.text(), response.headers.get("content-length")]).toEqual([200, "", "0"]);
  });

  it("tells its properties by HEAD, and a directory's", async () => {
    const file = await world.call("HEAD", `${TASK_FILES}/stdout.txt`);
    expect([file.status, await file.text(), file.headers.get("content-length")]).toEqual([200, "", "10"]);
    const directory = await world.call("HEAD", `${TASK_FILES}/wd`);
    expect([directory.status, directory.headers.get("ocp-batch-file-isdirectory")]).toEqual([200, "True"]);
    expect(await errorOf(await world.call("GET", `${TASK_FILES}/wd`))).toMatchObject({ status: 409, code: "OperationNotValidOnNode" });
  });

  it("heeds the two dates", async () => {
    const get = (headers: Record<string, string>) => world.call("GET", `${TASK_FILES}/stdout.txt`, undefined, { headers });
    expect((await get({ "if-modified-since": "Tue, 24 Nov 2026 05:30:00 GMT" })).status).toBe(304);
    expect((await get({ "if-unmodified-since": "Tue, 24 Nov 2026 05:00:00 GMT" })).status).toBe(412);
  });

  it("can be deleted; a directory that is not empty only recursively", async () => {
    expect((await world.call("DELETE", `${TASK_FILES}/wd/empty`)).status).toBe(200);
    expect((await world.call("HEAD", `${TASK_FILES}/wd/empty`)).status).toBe(404);
    expect((await world.call("DELETE", `${TASK_FILES}/wd`)).status).toBe(409);
    expect((await world.call("DELETE", `${TASK_FILES}/wd?recursive=true`)).status).toBe(200);
    expect(await errorOf(await world.call("DELETE", `${TASK_FILES}/wd`))).toMatchObject({ status: 404, code: "FileNotFound" });
  });
});

describe("a path that leads elsewhere never reaches the node", () => {
  beforeEach(ran);

  it.each([
    "../../../secret",
    "..%2F..%2Fsecret",
    "%2e%2e/secret",
    "%2E%2E%2Fsecret",
    "wd/../../x",
    "wd/./x",
    "%2Fetc%2Fpasswd",
    "/etc/passwd",
    "wd//x",
    "wd%5C..%5Cx",
    "wd\\x",
    "a%00b",
    "a%0Ab",
    "%ff",
    "%",
    "",
  ])("%s", async (path) => {
    for (const method of ["GET", "HEAD", "DELETE"]) {
      const response = await world.call(method, `${TASK_FILES}/${path}`);
      expect(response.status).toBe(400);
      if (method !== "HEAD") expect((await errorOf(response)).code).toBe("InvalidUri");
    }
    expect(world.nodeFiles.asked).toEqual([]);
  });

  it("decodes once: %252e is no dot", async () => {
    expect(await errorOf(await world.call("GET", `${TASK_FILES}/%252e%252e%252fx`))).toMatchObject({ status: 404, code: "FileNotFound" });
    expect(world.nodeFiles.asked).toEqual([`${DIRECTORY}/%2e%2e%2fx`]);
  });

  it.each(["../../secret", "/etc/", "wd/../../x/", "wd\\x/y", "wd//x"])("nor does the filter startswith(name,'%s')", async (prefix) => {
    const response = await world.call("GET", `${TASK_FILES}?$filter=${encodeURIComponent(`startswith(name,'${prefix}')`)}`);
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "InvalidQueryParameterValue" });
    expect(world.nodeFiles.asked).toEqual([]);
  });
});

describe("a listing of files", () => {
  beforeEach(ran);
  const list = async (path: string) =>
    (await (await world.call("GET", path)).json()) as { value: Record<string, unknown>[]; "odata.nextLink"?: string };
  const names = async (path: string) => (await list(path)).value.map((file) => file.name);

  it("shows the task's directory, or all below it", async () => {
    expect(await names(TASK_FILES)).toEqual(["stdout.txt", "wd"]);
    expect(await names(`${TASK_FILES}?recursive=true`)).toEqual(["stdout.txt", "wd", "wd/a b", "wd/a b/ü.txt", "wd/empty"]);
    expect(await names(NODE_FILES)).toEqual(["startup", "workitems"]);
  });

  it("narrows by the beginning of the name", async () => {
    const filter = (prefix: string) => `$filter=${encodeURIComponent(`startswith(name,'${prefix}')`)}`;
    expect(await names(`${TASK_FILES}?${filter("wd/")}`)).toEqual(["wd/a b", "wd/empty"]);
    expect(await names(`${TASK_FILES}?recursive=true&${filter("wd/a")}`)).toEqual(["wd/a b", "wd/a b/ü.txt"]);
    expect(await names(`${TASK_FILES}?${filter("none/x")}`)).toEqual([]);
    expect((await world.call("GET", `${TASK_FILES}?$filter=${encodeURIComponent("name eq 'a'")}`)).status).toBe(400);
  });

  it("describes each file, and goes on by a link", async () => {
    const first = await list(`${TASK_FILES}?maxresults=1`);
    expect(first.value).toEqual([
      {
        name: "stdout.txt",
        url: `${ORIGIN}${TASK_FILES}/stdout.txt`,
        isDirectory: false,
        properties: {
          creationTime: "2026-11-24T05:30:00.0000000Z",
          lastModified: "2026-11-24T05:30:00.0000000Z",
          contentLength: 10,
          contentType: "text/plain",
          fileMode: "0100644",
        },
      },
    ]);
    const link = first["odata.nextLink"]?.slice(ORIGIN.length) ?? "";
    const second = (await (await world.call("GET", link, undefined, { version: null })).json()) as { value: unknown[] };
    expect(second).toMatchObject({ value: [{ name: "wd", isDirectory: true }] });
  });
});

it("a task that has not run has no files", async () => {
  expect(await errorOf(await world.call("GET", TASK_FILES))).toMatchObject({ status: 409, code: "TaskFilesUnavailable" });
});

describe("of a task whose node is gone", () => {
  beforeEach(async () => {
    await ran();
    await world.context.store.write({ kind: "delete", key: world.context.keys.node("Pool-1", NODE.id) });
  });

  it("what was kept is read as before", async () => {
    expect(await (await world.call("GET", `${TASK_FILES}/stdout.txt`)).text()).toBe("0123456789");
    expect(await errorOf(await world.call("GET", `${TASK_FILES}/wd%2Fgone`))).toMatchObject({ status: 404, code: "FileNotFound" });
  });

  it("there are no files when nothing was kept, or when it went with the task", async () => {
    await world.nodeFiles.forget({ jobId: "Job-1", uid: "", taskId: "task-1" });
    for (const path of ["", "/stdout.txt"]) {
      const response = await world.call("GET", `${TASK_FILES}${path}`);
      expect(await errorOf(response)).toMatchObject({ status: 409, code: "TaskFilesUnavailable" });
    }
  });
});
