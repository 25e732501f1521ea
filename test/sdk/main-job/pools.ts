import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { anETag, aTime } from "./forms.ts";
import { expectActed, many, one, pages, type Scene } from "./scene.ts";

const START = "/bin/sh -c 'echo $MODE > $AZ_BATCH_NODE_SHARED_DIR/mode'";

/** A pool comes, and is read in every way; its nodes run the start task. */
export function poolsCome(scene: () => Scene): void {
  it("adds a pool, and reads back all that it said", async () => {
    const { client, forms, poolId, server } = scene();
    const image = { publisher: "Canonical", offer: "UbuntuServer", sku: "22_04" };
    const added = await client.call("pool", "add", {
      id: poolId,
      displayName: "Der Pool: ü",
      vmSize: "STANDARD_D2_V3",
      virtualMachineConfiguration: { imageReference: image, nodeAgentSKUId: "batch.node.ubuntu 22.04" },
      resizeTimeout: client.duration("PT7M"),
      ...forms.targets(1),
      ...forms.slots(2),
      taskSchedulingPolicy: { nodeFillType: "Pack" },
      metadata: [{ name: "owner", value: "sdk" }],
      startTask: {
        commandLine: START,
        environmentSettings: [{ name: "MODE", value: "started" }],
        waitForSuccess: true,
        maxTaskRetryCount: 2,
      },
    });
    expectActed(scene(), added, 201, `/pools/${poolId}`);
    const get = () => client.call("pool", "get", poolId);
    const steady = await until("the pool steady", get, (answer) => wire(answer).allocationState === "steady");
    const pool = one(scene(), steady, "CloudPool", "pools");
    expect(pool).toEqual({
      id: poolId,
      displayName: "Der Pool: ü",
      url: `${server.url}/pools/${poolId}`,
      eTag: anETag,
      lastModified: aTime,
      creationTime: aTime,
      state: "active",
      stateTransitionTime: aTime,
      allocationState: "steady",
      allocationStateTransitionTime: aTime,
      vmSize: "standard_d2_v3",
      virtualMachineConfiguration: { imageReference: { ...image, version: "latest" }, nodeAgentSKUId: "batch.node.ubuntu 22.04" },
      resizeTimeout: "PT7M",
      ...forms.sizes(1, 1),
      enableAutoScale: false,
      enableInterNodeCommunication: false,
      startTask: startTask(scene()),
      ...forms.slots(2),
      taskSchedulingPolicy: { nodeFillType: "pack" },
      metadata: [{ name: "owner", value: "sdk" }],
    });
    expect(added.header("etag")).toBe(pool.eTag);
  });

  it("finds the pool, and says of another that there is none", async () => {
    const { client, poolId } = scene();
    const exists = async (id: string) => {
      const { value } = await client.call("pool", "exists", id);
      return client.year === 2022 ? (value as { body: boolean }).body : value;
    };
    expect(await exists(poolId)).toBe(true);
    expect(await exists(poolId.toUpperCase())).toBe(true);
    expect(await exists("no-such-pool")).toBe(false);
  });

  it("lists pools by filter, with the properties that it selects", async () => {
    const { client, poolId } = scene();
    const poolListOptions = { filter: `startswith(id,'${poolId}') and state eq 'active'`, select: "id,vmSize,metadata" };
    const listed = await client.call("pool", "list", { poolListOptions });
    expect(many(scene(), listed, "CloudPool", "pools")).toEqual([
      { id: poolId, vmSize: "standard_d2_v3", metadata: [{ name: "owner", value: "sdk" }] },
    ]);
    const selected = await client.call("pool", "get", poolId, { poolGetOptions: { select: "state" } });
    expect(one(scene(), selected, "CloudPool", "pools")).toEqual({ state: "active" });
  });

  it("resizes the pool, and reads every node", async () => {
    const { client, forms, poolId, server } = scene();
    const before = wire(await client.call("pool", "get", poolId));
    const resized = await client.call("pool", "resize", poolId, { ...forms.targets(2), resizeTimeout: client.duration("PT10M") });
    expectActed(scene(), resized, 202, `/pools/${poolId}/resize`);
    const list = () => client.call("computeNode", "list", poolId);
    const idle = await until("two idle nodes", list, (answer) => states(answer.text).join() === "idle,idle");
    const nodes = many(scene(), idle, "ComputeNode", "nodes");
    for (const node of nodes) {
      expect(node).toEqual({
        id: expect.stringMatching(/^tvmps_[a-z0-9_-]+_d$/),
        url: `${server.url}/pools/${poolId}/nodes/${node.id}`,
        state: "idle",
        schedulingState: "enabled",
        stateTransitionTime: aTime,
        lastBootTime: aTime,
        allocationTime: aTime,
        ipAddress: expect.stringMatching(/^(127|10)\./),
        affinityId: `TVM:${node.id}`,
        vmSize: "standard_d2_v3",
        totalTasksRun: 0,
        runningTasksCount: 0,
        ...forms.since(2022, { runningTaskSlotsCount: 0 }),
        totalTasksSucceeded: 0,
        startTask: startTask(scene()),
        startTaskInfo: { state: "completed", startTime: aTime, endTime: aTime, exitCode: 0, retryCount: 0, ...forms.success },
        ...forms.since(2020, { isDedicated: true, nodeAgentInfo: { version: expect.any(String), lastUpdateTime: aTime } }),
      });
      const got = await client.call("computeNode", "get", poolId, node.id);
      expect(one(scene(), got, "ComputeNode", "nodes")).toEqual(node);
      const selected = await client.call("computeNode", "get", poolId, node.id, { computeNodeGetOptions: { select: "id,state" } });
      expect(one(scene(), selected, "ComputeNode", "nodes")).toEqual({ id: node.id, state: "idle" });
    }
    const filter = "state eq 'idle' and startTaskInfo/exitCode eq 0";
    const filtered = await client.call("computeNode", "list", poolId, { computeNodeListOptions: { filter, maxResults: 1 } });
    const paged = (await pages(scene(), "computeNode", filtered)).map((page) => many(scene(), page, "ComputeNode", "nodes"));
    expect(paged.filter((page) => page.length > 0)).toEqual(nodes.map((node) => [node]));
    const after = wire(await client.call("pool", "get", poolId));
    expect(after).toMatchObject({ ...forms.sizes(2, 2), resizeTimeout: "PT10M", creationTime: before.creationTime });
    expect(after.eTag).not.toBe(before.eTag);
  });
}

/** A pool shrinks when its tasks let it; meanwhile it takes no other size. */
export function poolsShrink(scene: () => Scene): void {
  it("waits for a task before its node goes, refuses another resize, and stops when told to", async () => {
    const { client, forms, poolId } = scene();
    const jobId = `shrinks-${client.year}`;
    await client.call("job", "add", { id: jobId, poolInfo: { poolId } });
    await client.call("task", "add", jobId, { id: "holds", commandLine: "/bin/sleep 600" });
    const task = async () => wire(await client.call("task", "get", jobId, "holds"));
    await until("the task running", task, ({ state }) => state === "running");
    await client.call("pool", "resize", poolId, { ...forms.targets(0), nodeDeallocationOption: "taskcompletion" });
    const list = () => client.call("computeNode", "list", poolId);
    const leaving = client.year === 2017 ? "leavingPool" : "leavingpool";
    const last = await until("one node left", list, (answer) => states(answer.text).join() === leaving);
    many(scene(), last, "ComputeNode", "nodes");
    const again = client.call("pool", "resize", poolId, forms.targets(2));
    await expect(again).rejects.toMatchObject({ statusCode: 409, code: "PoolBeingResized" });
    const pool = one(scene(), await client.call("pool", "get", poolId), "CloudPool", "pools");
    expect(pool).toMatchObject({ allocationState: "resizing", ...forms.sizes(0, 1) });
    expectActed(scene(), await client.call("pool", "stopResize", poolId), 202, `/pools/${poolId}/stopresize`);
    const get = () => client.call("pool", "get", poolId);
    await until("the pool steady", get, (answer) => wire(answer).allocationState === "steady");
    expect(await task()).toMatchObject({ state: "running", executionInfo: { requeueCount: 0, retryCount: 0 } });
    await client.call("task", "terminate", jobId, "holds");
    await until("the node gone", list, (answer) => states(answer.text).length === 0);
    expect(await task()).toMatchObject({ state: "completed", executionInfo: forms.failure("TaskEnded") });
    await client.call("job", "deleteMethod", jobId);
  });
}

/** A pool goes, with its nodes. */
export function poolsGo(scene: () => Scene): void {
  it("deletes the pool", async () => {
    const { client, poolId } = scene();
    const deleted = await client.call("pool", "deleteMethod", poolId);
    expectActed(scene(), deleted, 202, `/pools/${poolId}`);
    await until(
      "the pool gone",
      async () => (await client.call("pool", "exists", poolId)).status,
      (status) => status === 404,
    );
  });
}

function startTask({ forms }: Scene): Doc {
  return {
    commandLine: START,
    environmentSettings: [{ name: "MODE", value: "started" }],
    userIdentity: forms.user,
    maxTaskRetryCount: 2,
    waitForSuccess: true,
  };
}

function states(text: string): unknown[] {
  return (JSON.parse(text).value as Doc[]).map((node) => node.state);
}
