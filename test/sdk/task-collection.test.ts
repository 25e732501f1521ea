import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Doc, wire } from "./clients/index.ts";
import { rawSender, type Send } from "./raw.ts";
import { expectRefused } from "./refusals.ts";

let server: TestServer;
let send: Send;
beforeAll(async () => {
  server = await startTestServer();
  send = rawSender(server);
});
afterAll(() => server.close());

const ids = Array.from({ length: 100 }, (_, index) => `t-${String(index).padStart(2, "0")}`);
const count = async (path: string) => (JSON.parse((await send("GET", path)).text).value as Doc[]).length;

it.each(CLIENTS)("%s adds 99 tasks of 100, and learns what is wrong with the other", async (_name, connect) => {
  const client = connect(server);
  const jobId = `collection-${client.year}`;
  await client.call("job", "add", { id: jobId, poolInfo: { poolId: "none-yet" } });
  const tasks = ids.map((id) => ({ id, commandLine: "/bin/true", ...(id === "t-42" && { constraints: { maxTaskRetryCount: -2 } }) }));
  const results = wire(await client.call("task", "addCollection", jobId, tasks)).value as Doc[];
  expect(results.map(({ taskId }) => taskId)).toEqual(ids);
  const bad = results.filter(({ status }) => status !== "success");
  expect(bad).toEqual([
    {
      status: client.year === 2017 ? "clientError" : "clienterror",
      taskId: "t-42",
      error: {
        code: "InvalidPropertyValue",
        message: { lang: "en-US", value: expect.stringMatching(/\nRequestId:\S+\nTime:\S+Z$/) },
        values: expect.arrayContaining([
          { key: "PropertyName", value: "constraints.maxTaskRetryCount" },
          { key: "PropertyValue", value: "-2" },
        ]),
      },
    },
  ]);
  expect(await count(`/jobs/${jobId}/tasks`)).toBe(99);
  await expect(client.call("task", "get", jobId, "t-42")).rejects.toMatchObject({ statusCode: 404, code: "TaskNotFound" });
  await client.call("job", "deleteMethod", jobId);
});

it("adds nothing of a collection that is no collection of tasks, or too long a one", async () => {
  expect((await send("POST", "/jobs", { body: { id: "whole", poolInfo: { poolId: "none-yet" } } })).status).toBe(201);
  const collection = (value: unknown[]) => send("POST", "/jobs/whole/addtaskcollection", { body: { value } });
  const good = ids.map((id) => ({ id, commandLine: "/bin/true" }));
  const values = expectRefused(await collection([...good.slice(0, 99), { id: "no-command" }]), 400, "MissingRequiredProperty");
  expect(values.PropertyName).toBe("value[99].commandLine");
  expectRefused(await collection([...good, { id: "t-100", commandLine: "/bin/true" }]), 400, "InvalidRequestBody");
  expectRefused(await collection(good.map((task) => ({ ...task, displayName: "x".repeat(11_000) }))), 413, "RequestBodyTooLarge");
  expect(await count("/jobs/whole/tasks")).toBe(0);
});

it("answers each of many at once for the same ids: every task is added by exactly one of them", async () => {
  expect((await send("POST", "/jobs", { body: { id: "race", poolInfo: { poolId: "none-yet" } } })).status).toBe(201);
  const body = { value: ids.map((id) => ({ id, commandLine: "/bin/true" })) };
  const answers = await Promise.all(Array.from({ length: 4 }, () => send("POST", "/jobs/race/addtaskcollection", { body })));
  const results = answers.flatMap(({ text }) => JSON.parse(text).value as { status: string; taskId: string; error?: { code: string } }[]);
  const added = results.filter(({ status }) => status === "success");
  expect(added.map(({ taskId }) => taskId).sort()).toEqual(ids);
  expect(new Set(results.flatMap(({ error }) => error?.code ?? []))).toEqual(new Set(["TaskExists"]));
  const counted = async () => JSON.parse((await send("GET", "/jobs/race/taskcounts")).text).taskCounts as Doc;
  expect(await until("the counts", counted, ({ active }) => active === 100)).toMatchObject({ active: 100, running: 0, completed: 0 });
  expect(server.errors).toEqual([]);
});
