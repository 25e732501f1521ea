import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, wire } from "./clients/index.ts";
import { rawSender, type Send } from "./raw.ts";
import { expectRefused } from "./refusals.ts";
import { accountState } from "./state.ts";

let server: TestServer;
let send: Send;
beforeAll(async () => {
  server = await startTestServer();
  send = rawSender(server);
  const pool = { id: "pool", ...MACHINES, targetDedicatedNodes: 0 };
  expect((await send("POST", "/pools", { body: pool })).status).toBe(201);
  expect((await send("POST", "/jobs", { body: { id: "job", poolInfo: { poolId: "pool" } } })).status).toBe(201);
  expect((await send("POST", "/jobs/job/tasks", { body: { id: "task", commandLine: "/bin/true" } })).status).toBe(201);
});
afterAll(() => server.close());

type Operation = readonly [verb: string, resource: string, action: string, body?: unknown];

/** Every operation that knows conditions. */
const OPERATIONS: readonly Operation[] = [
  ["GET", "/pools/pool", ""],
  ["HEAD", "/pools/pool", ""],
  ["DELETE", "/pools/pool", ""],
  ["POST", "/pools/pool", "/resize", { targetDedicatedNodes: 1 }],
  ["POST", "/pools/pool", "/stopresize"],
  ["GET", "/jobs/job", ""],
  ["PATCH", "/jobs/job", "", { priority: 1 }],
  ["PUT", "/jobs/job", "", { poolInfo: { poolId: "pool" } }],
  ["DELETE", "/jobs/job", ""],
  ["POST", "/jobs/job", "/disable", { disableTasks: "requeue" }],
  ["POST", "/jobs/job", "/enable"],
  ["POST", "/jobs/job", "/terminate", { terminateReason: "none" }],
  ["GET", "/jobs/job/tasks/task", ""],
  ["DELETE", "/jobs/job/tasks/task", ""],
  ["POST", "/jobs/job/tasks/task", "/terminate"],
  ["POST", "/jobs/job/tasks/task", "/reactivate"],
];

const past = new Date(Date.now() - 3_600_000).toUTCString();
const future = new Date(Date.now() + 3_600_000).toUTCString();

/** The current ETag of a resource. */
async function etagOf(resource: string): Promise<string> {
  const { headers, text } = await send("GET", resource);
  expect(JSON.parse(text).eTag).toBe(headers.etag);
  return headers.etag as string;
}

describe.each(OPERATIONS.map(([verb, resource, action, body]) => [verb, resource, action, body] as const))(
  "%s %s%s",
  (verb, resource, action, body) => {
    const read = verb === "GET" || verb === "HEAD";
    const sent = (headers: Record<string, string>) => send(verb, resource + action, { headers, ...(body !== undefined && { body }) });

    it("is not done where a condition is not met, and changes nothing", async () => {
      const etag = await etagOf(resource);
      const before = await accountState(send);
      const unmet = [
        [{ "if-match": "0x8D00000000000000" }, 412],
        [{ "if-unmodified-since": past }, 412],
        [{ "if-none-match": etag }, read ? 304 : 412],
        [{ "if-none-match": "*" }, read ? 304 : 412],
        [{ "if-modified-since": future }, read ? 304 : 412],
        [{ "if-match": etag, "if-unmodified-since": past }, 412],
      ] as const;
      for (const [headers, status] of unmet) {
        const answer = await sent(headers);
        if (status === 304 || verb === "HEAD") expect([answer.status, answer.text]).toEqual([status, ""]);
        else expectRefused(answer, status, "ConditionNotMet");
      }
      expect(await accountState(send)).toEqual(before);
    });

    it("is not done where conditions contradict each other or are none", async () => {
      const before = await accountState(send);
      const wrong = [
        [{ "if-match": "*", "if-none-match": "*" }, "MultipleConditionHeadersNotSupported"],
        [{ "if-modified-since": past, "if-unmodified-since": future }, "MultipleConditionHeadersNotSupported"],
        [{ "if-modified-since": "yesterday" }, "InvalidHeaderValue"],
      ] as const;
      for (const [headers, code] of wrong) {
        const answer = await sent(headers);
        if (verb === "HEAD") expect([answer.status, answer.text]).toEqual([400, ""]);
        else expectRefused(answer, 400, code);
      }
      expect(await accountState(send)).toEqual(before);
    });

    if (read) {
      it("is answered where its conditions are met", async () => {
        const etag = await etagOf(resource);
        const met = [
          { "if-match": etag },
          { "if-match": "*" },
          { "if-none-match": "0x8D00000000000000" },
          { "if-modified-since": past },
          { "if-unmodified-since": future },
        ];
        for (const headers of met) expect((await sent(headers)).status).toBe(200);
      });
    }
  },
);

describe.each(CLIENTS)("%s", (_name, connect) => {
  let client: Client;
  let id: string;
  beforeAll(async () => {
    client = connect(server);
    id = `conditions-${client.year}`;
    await client.call("job", "add", { id, poolInfo: { poolId: "pool" } });
  });
  const outcome = (group: "job" | "task", method: string, ...parameters: unknown[]) =>
    client.call(group, method, ...parameters).then(
      (answer) => answer.status,
      (error: { statusCode: number; code?: string }) => error.code ?? error.statusCode,
    );

  it("changes a job only as it was when it was read", async () => {
    const ifMatch = (await client.call("job", "get", id)).header("etag");
    expect(await outcome("job", "patch", id, { priority: 1 }, { jobPatchOptions: { ifMatch } })).toBe(200);
    expect(await outcome("job", "patch", id, { priority: 2 }, { jobPatchOptions: { ifMatch } })).toBe("ConditionNotMet");
    expect(wire(await client.call("job", "get", id)).priority).toBe(1);
    const ifNoneMatch = (await client.call("job", "get", id)).header("etag");
    await expect(client.call("job", "get", id, { jobGetOptions: { ifNoneMatch } })).rejects.toMatchObject({ statusCode: 304 });
  });

  it("ends and deletes by dates and ETags too", async () => {
    const long = new Date(Date.now() - 3_600_000);
    await client.call("task", "add", id, { id: "t", commandLine: "/bin/true" });
    expect(await outcome("task", "terminate", id, "t", { taskTerminateOptions: { ifUnmodifiedSince: long } })).toBe("ConditionNotMet");
    expect(await outcome("task", "terminate", id, "t", { taskTerminateOptions: { ifModifiedSince: long } })).toBe(204);
    expect(await outcome("task", "reactivate", id, "t", { taskReactivateOptions: { ifMatch: "0x8D00000000000000" } })).toBe(
      "ConditionNotMet",
    );
    const ifMatch = (await client.call("task", "get", id, "t")).header("etag");
    expect(await outcome("task", "deleteMethod", id, "t", { taskDeleteMethodOptions: { ifMatch } })).toBe(200);
    expect(await outcome("job", "terminate", id, { jobTerminateOptions: { ifMatch: "0x8D00000000000000" } })).toBe("ConditionNotMet");
    expect(await outcome("job", "deleteMethod", id, { jobDeleteMethodOptions: { ifMatch: "*" } })).toBe(202);
    await until(
      "it gone",
      () => outcome("job", "get", id),
      (seen) => seen === "JobNotFound",
    );
  });
});

it("found nothing wrong with itself", () => {
  expect(server.errors).toEqual([]);
});
