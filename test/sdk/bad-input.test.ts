import { connect as connectSocket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { BODIES, type Case, MISSING, OTHER_KEY, PATHS, STRANGERS } from "./bad-requests.ts";
import { CLIENTS } from "./clients/index.ts";
import { rawSender, type Send } from "./raw.ts";
import { expectRefused, INSIDES } from "./refusals.ts";
import { accountStays, poolIsSteady } from "./state.ts";

let server: TestServer;
let send: Send;

beforeAll(async () => {
  server = await startTestServer();
  send = rawSender(server);
  const made = async (path: string, body: unknown) => expect((await send("POST", path, { body })).status).toBe(201);
  await made("/pools", { id: "pool", ...MACHINES, targetDedicatedNodes: 1 });
  for (const id of ["job", "off", "over"]) await made("/jobs", { id, poolInfo: { poolId: "pool" } });
  await made("/jobs/job/tasks", { id: "done", commandLine: "/bin/sh -c 'echo hello'" });
  await made("/jobs/job/tasks", { id: "failed", commandLine: "/bin/false" });
  expect((await send("POST", "/jobs/off/disable", { body: { disableTasks: "requeue" } })).status).toBe(202);
  await made("/jobs/off/tasks", { id: "waits", commandLine: "/bin/true" });
  expect((await send("POST", "/jobs/over/terminate")).status).toBe(202);
  const states = async (path: string) =>
    (JSON.parse((await send("GET", path)).text).value as { state: string }[]).map(({ state }) => state);
  await until(
    "the jobs",
    () => states("/jobs"),
    (seen) => seen.join() === "active,disabled,completed",
  );
  await until(
    "the tasks",
    () => states("/jobs/job/tasks"),
    (seen) => seen.join() === "completed,completed",
  );
  await until(
    "the node",
    () => states("/pools/pool/nodes"),
    (seen) => seen.join() === "idle",
  );
  await poolIsSteady(send, "pool");
});
afterAll(() => server.close());

/** Whatever is refused, refused it is: nothing of the account changes, and the service itself finds nothing wrong. */
accountStays(() => send);
afterEach(() => expect(server.errors).toEqual([]));

function refuses(cases: readonly Case[]): void {
  const whole = cases.map(([what, method, path, status, code, options = {}]) => [what, method, path, status, code, options] as const);
  it.each(whole)("%s: %s %s is %i %s", async (_what, method, path, status, code, options) => {
    expectRefused(await send(method, path, options), status, code);
  });
}

describe("who asks", () => {
  refuses(STRANGERS);

  it("tells a wrong key what is wrong, and not what would be right", async () => {
    const values = expectRefused(await send("GET", "/pools", { key: OTHER_KEY }), 403, "AuthenticationFailed");
    expect(values.AuthenticationErrorDetail).toMatch(/key/);
    expect(JSON.stringify(values)).not.toContain(server.key);
  });

  it.each(CLIENTS)("%s reads these refusals", async (_name, connect) => {
    const wrong = connect({ url: server.url, account: server.account, key: OTHER_KEY });
    await expect(wrong.call("pool", "list")).rejects.toMatchObject({ statusCode: 403, code: "AuthenticationFailed" });
    await expect(wrong.call("job", "deleteMethod", "job")).rejects.toMatchObject({ statusCode: 403, code: "AuthenticationFailed" });
    const right = connect(server);
    const long = { id: "x".repeat(65), poolInfo: { poolId: "pool" } };
    await expect(right.call("job", "add", long)).rejects.toMatchObject({
      statusCode: 400,
      code: "InvalidPropertyValue",
      body: {
        code: "InvalidPropertyValue",
        message: { lang: "en-US", value: expect.stringMatching(/\nRequestId:\S+\nTime:\S+Z$/) },
        values: [
          { key: "PropertyName", value: "id" },
          { key: "PropertyValue", value: long.id },
          { key: "Reason", value: expect.stringContaining("64") },
        ],
      },
    });
    await expect(right.call("job", "get", "none")).rejects.toMatchObject({ statusCode: 404, code: "JobNotFound" });
    await expect(right.call("task", "list", "job", { taskListOptions: { filter: "nonsense" } })).rejects.toMatchObject({
      statusCode: 400,
      code: "InvalidQueryParameterValue",
    });
  });
});

describe("a body", () => {
  refuses(BODIES);
});

describe("a path, a verb or a query", () => {
  refuses(PATHS);

  it("answers HEAD of what is refused without a body", async () => {
    const answer = await send("HEAD", "/jobs/job/tasks/done/files/..%2Fsecret");
    expect([answer.status, answer.text]).toEqual([400, ""]);
  });
});

describe("what is not there, or not so", () => {
  refuses(MISSING);

  it("lists nothing where a filter names nothing", async () => {
    const { status, text } = await send("GET", `/pools?$filter=${encodeURIComponent("id eq 'none'")}`);
    expect([status, JSON.parse(text).value]).toEqual([200, []]);
  });
});

describe("what is no request", () => {
  it.each([
    ["no HTTP", "HELLO\r\n\r\n", 400],
    ["a host that is none", "GET /pools HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
    ["headers without end", `GET /pools HTTP/1.1\r\nHost: a\r\nx: ${"y".repeat(100_000)}\r\n\r\n`, 431],
    ["two lengths", "POST /jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
  ])("%s is refused", async (_what, text, status) => {
    const answer = await overSocket(server.url, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(INSIDES);
  });
});

/** Sends these bytes, and gives what comes back until the server ends the connection. */
function overSocket(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectSocket(Number(port), hostname, () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    // The server may cut off what it does not read to its end.
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    socket.on("close", () => resolve(answer));
  });
}
