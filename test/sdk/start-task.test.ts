import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { expectActed, many, one, type Scene, sceneOf } from "./main-job/scene.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const FAILS = "/bin/sh -c 'echo looked; echo nothing found >&2; exit 3'";

/** What people complain of most is a failed node without evidence. */
describe.each(CLIENTS)("a start task that fails: %s", (_name, connect) => {
  let scene: Scene;
  let client: Client;
  const poolId = () => `Start-${client.year}`;
  const jobId = () => `Started-${client.year}`;
  const nodes = async (): Promise<Doc[]> => many(scene, await client.call("computeNode", "list", poolId()), "ComputeNode", "nodes");
  const untilNode = async (what: string, holds: (node: Doc | undefined) => boolean) =>
    (await until(what, nodes, ([node]) => holds(node)))[0] as Doc;
  const failed = () => (client.year === 2017 ? "startTaskFailed" : "starttaskfailed");
  const read = async (nodeId: string, name: string) =>
    (await client.call("file", "getFromComputeNode", poolId(), nodeId, `startup/${name}`)).text;
  const task = async () => wire(await client.call("task", "get", jobId(), "t"));

  beforeAll(async () => {
    client = connect(server);
    scene = sceneOf(client, server);
    await client.call("pool", "add", {
      id: poolId(),
      ...MACHINES,
      ...scene.forms.targets(1),
      startTask: { commandLine: FAILS, waitForSuccess: true, maxTaskRetryCount: 1 },
    });
    await client.call("job", "add", { id: jobId(), poolInfo: { poolId: poolId() } });
    await client.call("task", "add", jobId(), { id: "t", commandLine: "/bin/true" });
  });

  it("fails the node after its last try, and tells why", async () => {
    const node = await untilNode("its failure", (seen) => seen?.state === failed());
    expect(node.startTaskInfo).toMatchObject({ state: "completed", exitCode: 3, retryCount: 1 });
    if (client.year > 2017) {
      expect(node.startTaskInfo).toMatchObject({ result: "failure", failureInfo: { category: "usererror", code: "FailureExitCode" } });
    }
    expect(node.errors).toEqual([expect.objectContaining({ code: "FailureExitCode" })]);
    const id = node.id as string;
    expect(await read(id, "stdout.txt")).toBe("looked\n");
    expect(await read(id, "stderr.txt")).toBe("nothing found\n");
    await read(id, "agent.log");
    expect(await task()).toMatchObject({ state: "active" });
  });

  it("is mended by another start task and a reboot", async () => {
    const [{ id } = {}] = await nodes();
    const patched = await client.call("pool", "patch", poolId(), { startTask: { commandLine: "/bin/true", waitForSuccess: true } });
    expectActed(scene, patched, 200, `/pools/${poolId()}`);
    await client.call("computeNode", "reboot", poolId(), id);
    const node = await untilNode("it ready", (seen) => seen?.state === "idle");
    expect(node.startTaskInfo).toMatchObject({ state: "completed", exitCode: 0, retryCount: 0 });
    expect(node.errors).toBeUndefined();
    await until("the task", task, ({ state }) => state === "completed");
  });

  it("leaves what it wrote when the node is gone", async () => {
    const update = {
      startTask: { commandLine: FAILS, waitForSuccess: true },
      certificateReferences: [],
      applicationPackageReferences: [],
      metadata: [{ name: "a", value: "b" }],
    };
    const updated = await client.call("pool", "updateProperties", poolId(), update);
    expectActed(scene, updated, 204, `/pools/${poolId()}/updateproperties`);
    const [{ id = "" } = {}] = (await nodes()) as { id?: string }[];
    await client.call("computeNode", "reimage", poolId(), id);
    await untilNode("its failure", (seen) => seen?.state === failed());
    await client.call("pool", "removeNodes", poolId(), { nodeList: [id] });
    await until("it gone", nodes, (seen) => seen.length === 0);
    expect(await read(id, "stdout.txt")).toBe("looked\n");
    expect(await read(id, "stderr.txt")).toBe("nothing found\n");
    await read(id, "agent.log");
    const gone = client.call("computeNode", "get", poolId(), id);
    await expect(gone).rejects.toMatchObject({ statusCode: 404, code: "NodeNotFound" });
  });

  it("is cleared by an update without one", async () => {
    const update = { certificateReferences: [], applicationPackageReferences: [], metadata: [] };
    await client.call("pool", "updateProperties", poolId(), update);
    const pool = one(scene, await client.call("pool", "get", poolId()), "CloudPool", "pools");
    expect(pool.startTask).toBeUndefined();
    await client.call("pool", "deleteMethod", poolId());
  });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
