import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { formsOf } from "./main-job/forms.ts";
import { expectActed, many, one, type Scene } from "./main-job/scene.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** What users do to single nodes, by each official client. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let scene: Scene;
  let client: Client;
  let nodeId: string;
  const poolId = () => scene.poolId;
  const node = async (id = nodeId): Promise<Doc> =>
    one(scene, await client.call("computeNode", "get", scene.poolId, id), "ComputeNode", "nodes");
  const untilNode = (what: string, holds: (seen: Doc) => boolean) => until(what, () => node(), holds);
  const task = async (id: string) => wire(await client.call("task", "get", scene.jobId, id));
  const untilTask = (id: string, state: string) =>
    until(
      `${id} ${state}`,
      () => task(id),
      (seen) => seen.state === state,
    );
  const addTask = (id: string, commandLine: string) => client.call("task", "add", scene.jobId, { id, commandLine });
  const root = () => join(server.data, "nodes", machineOf(nodeId), "root");
  const path = (action: string) => `/pools/${scene.poolId}/nodes/${nodeId}/${action}`;

  beforeAll(async () => {
    client = connect(server);
    scene = { client, server, forms: formsOf(client), poolId: `Nodes-${client.year}`, jobId: `Work-${client.year}` };
    await client.call("pool", "add", {
      id: poolId(),
      ...MACHINES,
      ...scene.forms.targets(1),
      startTask: { commandLine: "/bin/sh -c 'date >> $AZ_BATCH_NODE_STARTUP_DIR/starts'", waitForSuccess: true },
    });
    await client.call("job", "add", { id: scene.jobId, poolInfo: { poolId: poolId() } });
    const list = () => client.call("computeNode", "list", poolId());
    const ready = await until("the node", list, (answer) => many(scene, answer, "ComputeNode", "nodes")[0]?.state === "idle");
    nodeId = many(scene, ready, "ComputeNode", "nodes")[0]?.id as string;
  });

  it("reboots a node: its task runs again, its start task too, its files stay", async () => {
    await addTask("long", "/bin/sh -c 'test -f $AZ_BATCH_NODE_SHARED_DIR/go || sleep 1000'");
    await untilTask("long", "running");
    const before = await node();
    writeFileSync(join(root(), "shared", "go"), "");
    const parameters = { nodeRebootOption: "requeue" };
    expectActed(scene, await client.call("computeNode", "reboot", poolId(), nodeId, parameters), 202, path("reboot"));
    const again = client.call("computeNode", "reboot", poolId(), nodeId);
    await expect(again).rejects.toMatchObject({ statusCode: 409, code: "NodeBeingRebooted" });
    await untilTask("long", "completed");
    expect(await task("long")).toMatchObject({ executionInfo: { exitCode: 0, requeueCount: 1, retryCount: 0 } });
    const after = await untilNode("it idle", ({ state }) => state === "idle");
    expect(Date.parse(after.lastBootTime as string)).toBeGreaterThan(Date.parse(before.lastBootTime as string));
    expect(after).toMatchObject({ id: nodeId, ipAddress: before.ipAddress, startTaskInfo: { state: "completed", exitCode: 0 } });
    const file = await client.call("file", "getFromComputeNode", poolId(), nodeId, "startup/starts");
    expect(file.text.trim().split("\n")).toHaveLength(2);
  });

  it("tells how many tasks ran there, and which were the last", async () => {
    const seen = await untilNode("its tasks", ({ totalTasksRun }) => totalTasksRun === 1);
    expect(seen.recentTasks).toEqual([expect.objectContaining({ jobId: scene.jobId, taskId: "long", taskState: "completed" })]);
    expect(seen).toMatchObject({ totalTasksSucceeded: 1, runningTasksCount: 0 });
  });

  it("reimages a node: what was on its disk is gone", async () => {
    await client.call("computeNode", "reimage", poolId(), nodeId, {
      nodeReimageOption: client.year === 2022 ? "taskcompletion" : "taskCompletion",
    });
    await untilNode("it idle", ({ state }) => state === "idle");
    expect(existsSync(join(root(), "shared", "go"))).toBe(false);
    expect(readdirSync(join(root(), "workitems"))).toEqual([]);
    expect(await node()).toMatchObject({ totalTasksRun: 1, totalTasksSucceeded: 1 });
  });

  it("disables a node's scheduling and enables it", async () => {
    await addTask("holds", "/bin/sleep 1000");
    await untilTask("holds", "running");
    const busy = await untilNode("its task shown", ({ runningTasksCount }) => runningTasksCount === 1);
    expect(busy).toMatchObject({ state: "running", schedulingState: "enabled" });
    const option = { nodeDisableSchedulingOption: "terminate" };
    const disabled = await client.call("computeNode", "disableScheduling", poolId(), nodeId, option);
    expectActed(scene, disabled, 200, path("disablescheduling"));
    await untilNode("it offline", ({ state, schedulingState }) => state === "offline" && schedulingState === "disabled");
    expect(await task("holds")).toMatchObject({ state: "completed", executionInfo: scene.forms.failure("TaskEnded") });
    const twice = client.call("computeNode", "disableScheduling", poolId(), nodeId);
    await expect(twice).rejects.toMatchObject({ statusCode: 409, code: "NodeAlreadyInTargetSchedulingState" });
    await addTask("waits", "/bin/true");
    await client.call("computeNode", "enableScheduling", poolId(), nodeId);
    await untilTask("waits", "completed");
  });

  it("uploads the agent's log", async () => {
    if (client.year === 2017) return;
    const name = `logs-${client.year}`;
    const containerUrl = server.context.files.urlFor(name, undefined, ["write"], 600);
    const uploaded = await client.call("computeNode", "uploadBatchServiceLogs", poolId(), nodeId, {
      containerUrl,
      startTime: new Date(Date.now() - 3_600_000),
    });
    const { virtualDirectoryName, numberOfFilesUploaded } = wire(uploaded);
    expect(numberOfFilesUploaded).toBe(1);
    const { files } = await until(
      "the log",
      () => server.context.files.list(name, { limit: 10 }),
      (seen) => seen.files.length > 0,
    );
    expect(files[0]?.name).toBe(`${virtualDirectoryName}/agent.log`);
  });

  it("says that there is no remote login", async () => {
    const asked = client.call("computeNode", "getRemoteLoginSettings", poolId(), nodeId);
    await expect(asked).rejects.toMatchObject({ statusCode: 501, code: "NotImplemented" });
  });

  it("removes a node, and lowers the target", async () => {
    const stranger = client.call("pool", "removeNodes", poolId(), { nodeList: ["tvmps_none_d"] });
    await expect(stranger).rejects.toMatchObject({ statusCode: 404, code: "NodeNotFound" });
    await client.call("pool", "removeNodes", poolId(), { nodeList: [nodeId], nodeDeallocationOption: "terminate" });
    const pool = await until(
      "the pool steady",
      async () => wire(await client.call("pool", "get", poolId())),
      ({ allocationState }) => allocationState === "steady",
    );
    expect(pool).toMatchObject(scene.forms.sizes(0, 0));
    await client.call("pool", "deleteMethod", poolId());
  });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});

function machineOf(nodeId: string): string {
  return nodeId.replace(/^tvmps_/, "").replace(/_[dp]$/, "");
}
