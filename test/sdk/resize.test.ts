import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { expectActed, many, one, type Scene, sceneOf } from "./main-job/scene.ts";
import { rawSender } from "./raw.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** What becomes of a task whose node goes, by each way that a resize may be asked for. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let scene: Scene;
  let client: Client;
  const poolId = () => `Shrinks-${client.year}`;
  /** Each has a job of its own, so that nothing of an earlier one waits. */
  let jobId = "";
  const pool = async (): Promise<Doc> => one(scene, await client.call("pool", "get", poolId()), "CloudPool", "pools");
  const nodes = async (): Promise<Doc[]> => many(scene, await client.call("computeNode", "list", poolId()), "ComputeNode", "nodes");
  const task = async (id: string) => wire(await client.call("task", "get", jobId, id));
  const untilSteady = () => until("the pool steady", pool, ({ allocationState }) => allocationState === "steady");
  const untilTask = (id: string, state: string) =>
    until(
      `${id} ${state}`,
      () => task(id),
      (seen) => seen.state === state,
    );
  const resize = (target: number, more: Doc = {}) => client.call("pool", "resize", poolId(), { ...scene.forms.targets(target), ...more });
  /** A task that runs on the pool's one node. */
  const runs = async (id: string, commandLine: string, more: Doc = {}) => {
    jobId = `${id}-${client.year}`;
    await client.call("job", "add", { id: jobId, poolInfo: { poolId: poolId() } });
    await resize(1);
    await untilSteady();
    await client.call("task", "add", jobId, { id, commandLine, ...more });
    await untilTask(id, "running");
  };

  beforeAll(async () => {
    client = connect(server);
    scene = sceneOf(client, server);
    await client.call("pool", "add", { id: poolId(), ...MACHINES, ...scene.forms.targets(0) });
  });
  afterEach(async () => {
    await client.call("job", "deleteMethod", jobId);
  });
  afterAll(async () => {
    await client.call("pool", "deleteMethod", poolId());
  });

  it("queues it again", async () => {
    await runs("again", "/bin/sleep 1000");
    expectActed(scene, await resize(0, { nodeDeallocationOption: "requeue" }), 202, `/pools/${poolId()}/resize`);
    await untilSteady();
    expect(await task("again")).toMatchObject({ state: "active", executionInfo: { requeueCount: 1, retryCount: 0 } });
    expect(await nodes()).toEqual([]);
    expect(await pool()).toMatchObject(scene.forms.sizes(0, 0));
  });

  it("ends it", async () => {
    await runs("ended", "/bin/sleep 1000");
    await resize(0, { nodeDeallocationOption: "terminate" });
    await untilSteady();
    expect(await task("ended")).toMatchObject({ state: "completed", executionInfo: scene.forms.failure("TaskEnded") });
  });

  it("waits for it, and takes no other there", async () => {
    await runs("finishes", "/bin/sleep 1000");
    const option = client.year === 2022 ? "taskcompletion" : "taskCompletion";
    await resize(0, { nodeDeallocationOption: option });
    await client.call("task", "add", jobId, { id: "waits", commandLine: "/bin/true" });
    await until("it leaving", nodes, ([node]) => /^leavingpool$/i.test(String(node?.state)));
    expect(await pool()).toMatchObject({ allocationState: "resizing", ...scene.forms.sizes(0, 1) });
    expect(await task("waits")).toMatchObject({ state: "active" });
    await client.call("task", "terminate", jobId, "finishes");
    await untilSteady();
    expect(await nodes()).toEqual([]);
  });

  it("waits until what it left may go, too", async () => {
    await runs("leaves", "/bin/sleep 0.5", { constraints: { retentionTime: client.duration("PT3S") } });
    const option = client.year === 2022 ? "retaineddata" : "retainedData";
    await resize(0, { nodeDeallocationOption: option });
    const ended = await untilTask("leaves", "completed");
    await untilSteady();
    const { endTime } = ended.executionInfo as { endTime: string };
    expect(Date.now() - Date.parse(endTime)).toBeGreaterThanOrEqual(3_000);
    expect(ended).toMatchObject({ executionInfo: { exitCode: 0, ...scene.forms.success } });
  });
});

it("refuses to resize a pool that is being deleted", async () => {
  const send = rawSender(server);
  expect((await send("POST", "/pools", { body: { id: "goes", ...MACHINES, targetDedicatedNodes: 1 } })).status).toBe(201);
  const list = async () => JSON.parse((await send("GET", "/pools/goes/nodes")).text).value as Doc[];
  await until("its node", list, ([node]) => node?.state === "idle");
  // Its node does not hear that it is to go, so the pool stays as it is for a while.
  const { nodes } = server.context;
  const { send: tell } = nodes;
  nodes.send = async () => {};
  try {
    expect((await send("DELETE", "/pools/goes")).status).toBe(202);
    for (const action of ["resize", "stopresize", "removenodes"] as const) {
      const body = { resize: { targetDedicatedNodes: 2 }, stopresize: undefined, removenodes: { nodeList: ["tvmps_x_d"] } }[action];
      const answer = await send("POST", `/pools/goes/${action}`, body ? { body } : {});
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([409, "PoolBeingDeleted"]);
    }
  } finally {
    nodes.send = tell;
  }
});

/** Since 2024-07; none of the official JavaScript clients speaks that version. */
it("deallocates a node and starts it", async () => {
  const send = rawSender(server);
  expect((await send("POST", "/pools", { body: { id: "rests", ...MACHINES, targetDedicatedNodes: 1 } })).status).toBe(201);
  const node = async () => JSON.parse((await send("GET", "/pools/rests/nodes")).text).value[0] as Doc | undefined;
  const untilState = (state: string) => until(state, node, (seen) => seen?.state === state);
  const { id } = (await untilState("idle")) as Doc;
  const path = `/pools/rests/nodes/${id}`;
  expect((await send("POST", "/jobs", { body: { id: "tires", poolInfo: { poolId: "rests" } } })).status).toBe(201);
  expect((await send("POST", "/jobs/tires/tasks", { body: { id: "t", commandLine: "/bin/sleep 1000" } })).status).toBe(201);
  const task = async () => JSON.parse((await send("GET", "/jobs/tires/tasks/t")).text) as Doc;
  await until("the task running", task, ({ state }) => state === "running");

  const deallocated = await send("POST", `${path}/deallocate`, { body: { nodeDeallocateOption: "requeue" } });
  expect([deallocated.status, deallocated.text, deallocated.headers.dataserviceid]).toEqual([202, "", `${server.url}${path}/deallocate`]);
  await untilState("deallocated");
  expect(await task()).toMatchObject({ state: "active", executionInfo: { requeueCount: 1 } });
  expect(JSON.parse((await send("GET", "/pools/rests")).text)).toMatchObject({ allocationState: "steady", currentDedicatedNodes: 1 });
  const older = JSON.parse((await send("GET", path, { version: "2024-02-01.19.0" })).text) as Doc;
  expect(older.state).toBe("offline");
  const extensions = JSON.parse((await send("GET", `${path}/extensions`)).text) as Doc;
  expect(extensions).toEqual({ "odata.metadata": `${server.url}/$metadata#extensions`, value: [] });
  const refused = await send("POST", `${path}/reboot`);
  expect([refused.status, JSON.parse(refused.text).code]).toEqual([409, "OperationInvalidForCurrentState"]);

  expect((await send("POST", `${path}/start`)).status).toBe(202);
  await until("the task running again", task, ({ state }) => state === "running");
  expect(await untilState("running")).toMatchObject({ id });
  const counts = JSON.parse((await send("GET", "/nodecounts?$filter=poolId%20eq%20'rests'")).text).value as { dedicated: Doc }[];
  expect(counts[0]?.dedicated).toMatchObject({ total: 1, running: 1, deallocated: 0 });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
