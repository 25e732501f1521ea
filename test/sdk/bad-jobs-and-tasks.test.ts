import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { type BadCall, JOBS, TASKS } from "./bad-jobs-and-tasks.ts";
import { CLIENTS, type Client } from "./clients/index.ts";
import { rawSender, type Send } from "./raw.ts";
import { accountStays, poolIsSteady } from "./state.ts";

let server: TestServer;
let send: Send;

beforeAll(async () => {
  server = await startTestServer();
  send = rawSender(server);
  const made = async (path: string, body: unknown) => expect((await send("POST", path, { body })).status).toBe(201);
  await made("/pools", { id: "pool", ...MACHINES, targetDedicatedNodes: 1 });
  for (const id of ["job", "over", "linked"])
    await made("/jobs", { id, poolInfo: { poolId: "pool" }, usesTaskDependencies: id === "linked" });
  await made("/jobs/job/tasks", { id: "done", commandLine: "/bin/true" });
  await made("/jobs/over/tasks", { id: "failed", commandLine: "/bin/false" });
  await made("/jobs/linked/tasks", { id: "waits", commandLine: "/bin/true", dependsOn: { taskIds: ["never"] } });
  const stateOf = async (path: string) => JSON.parse((await send("GET", path)).text).state as string;
  for (const path of ["/jobs/job/tasks/done", "/jobs/over/tasks/failed"])
    await until(
      path,
      () => stateOf(path),
      (state) => state === "completed",
    );
  expect((await send("POST", "/jobs/over/terminate")).status).toBe(202);
  await until(
    "the job over",
    () => stateOf("/jobs/over"),
    (state) => state === "completed",
  );
  await poolIsSteady(send, "pool");
});
afterAll(() => server.close());

/** Whatever is refused, nothing of the account changes. */
describe.each(CLIENTS)("%s is refused", (_name, connect) => {
  let client: Client;
  beforeAll(() => {
    client = connect(server);
  });
  accountStays(() => send);

  const year = Number(/API (\d+)/.exec(_name)?.[1]);
  const known = [...JOBS, ...TASKS].filter(({ since = 2017 }) => year >= since);
  it.each(known.map((bad) => [bad.what, bad] as const))("%s", async (_what, bad: BadCall) => {
    const [group, method, ...parameters] = bad.call(client);
    const error = (await client.call(group, method, ...parameters).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )) as { body?: { code?: string; values?: { key: string; value: string }[] } } | undefined;
    expect(error?.body?.code, error?.body && JSON.stringify(error.body)).toBe(bad.code);
    const values = Object.fromEntries((error?.body?.values ?? []).map(({ key, value }) => [key, value]));
    if (bad.property !== undefined) expect(values.PropertyName).toBe(bad.property);
  });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
