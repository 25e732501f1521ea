import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { many, type Scene, sceneOf } from "./main-job/scene.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Where tasks go, checked through real agents; what is listed of pools and their nodes. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let scene: Scene;
  let client: Client;
  const poolId = (fill: string) => `${fill}-${client.year}`;
  const jobId = (fill: string) => `on-${fill}-${client.year}`;

  beforeAll(async () => {
    client = connect(server);
    scene = sceneOf(client, server);
    for (const fill of ["Pack", "Spread"]) {
      await client.call("pool", "add", {
        id: poolId(fill),
        ...MACHINES,
        ...scene.forms.targets(2),
        ...scene.forms.slots(2),
        taskSchedulingPolicy: { nodeFillType: fill },
      });
      await client.call("job", "add", { id: jobId(fill), poolInfo: { poolId: poolId(fill) } });
      await until(
        "two idle nodes",
        () => nodes(fill),
        (seen) => seen.length === 2 && seen.every(({ state }) => state === "idle"),
      );
    }
  });
  afterAll(async () => {
    for (const fill of ["Pack", "Spread"]) {
      await client.call("job", "deleteMethod", jobId(fill));
      await client.call("pool", "deleteMethod", poolId(fill));
    }
  });

  const nodes = async (fill: string): Promise<Doc[]> =>
    many(scene, await client.call("computeNode", "list", poolId(fill)), "ComputeNode", "nodes");
  const add = (fill: string, tasks: readonly Doc[]) => client.call("task", "addCollection", jobId(fill), tasks);
  const nodeOf = async (fill: string, id: string): Promise<string> => {
    const get = async () => wire(await client.call("task", "get", jobId(fill), id));
    const task = await until(`${id} on a node`, get, ({ nodeInfo }) => nodeInfo !== undefined);
    return (task.nodeInfo as { nodeId: string }).nodeId;
  };
  const sleeps = (id: string, more: Doc = {}) => ({ id, commandLine: "/bin/sleep 2", ...more });

  it("packs tasks onto one node, or spreads them over both", async () => {
    for (const [fill, used] of [
      ["Pack", 1],
      ["Spread", 2],
    ] as const) {
      await add(fill, [sleeps("a"), sleeps("b")]);
      expect(new Set([await nodeOf(fill, "a"), await nodeOf(fill, "b")]).size).toBe(used);
    }
  });

  it("puts a task on the node that it has an affinity to, while that has room", async () => {
    const idle = () => nodes("Spread");
    const [, second] = await until("idle nodes", idle, (seen) => seen.every(({ state }) => state === "idle"));
    const affinityInfo = { affinityId: second?.affinityId };
    await add("Spread", [sleeps("c", { affinityInfo }), sleeps("d", { affinityInfo }), sleeps("e", { affinityInfo })]);
    const used = [await nodeOf("Spread", "c"), await nodeOf("Spread", "d"), await nodeOf("Spread", "e")];
    expect(used.filter((id) => id === second?.id)).toHaveLength(2);
  });

  it("gives a task all the slots that it requires", async () => {
    if (client.year < 2022) return;
    const idle = () => nodes("Pack");
    await until("idle nodes", idle, (seen) => seen.every(({ state }) => state === "idle"));
    await add("Pack", [sleeps("f", { requiredSlots: 2 }), sleeps("g")]);
    expect(await nodeOf("Pack", "f")).not.toBe(await nodeOf("Pack", "g"));
  });

  it("lists images or node agents, and counts nodes, as far as its version does", async () => {
    if (client.year === 2017) {
      const skus = many(scene, await client.call("account", "listNodeAgentSkus"), "NodeAgentSku", SKUS);
      expect(skus).toContainEqual(expect.objectContaining({ id: "batch.node.ubuntu 22.04", osType: "linux" }));
      return;
    }
    const images = many(scene, await client.call("account", "listSupportedImages"), "ImageInformation", IMAGES);
    expect(images).toContainEqual(expect.objectContaining({ nodeAgentSKUId: "batch.node.ubuntu 22.04", osType: "linux" }));
    const options = { accountListPoolNodeCountsOptions: { filter: `poolId eq '${poolId("Pack")}'` } };
    const count = async () => many(scene, await client.call("account", "listPoolNodeCounts", options), "PoolNodeCounts", "poolnodecounts");
    const [counts] = await until("two idle", count, ([seen]) => (seen?.dedicated as Doc | undefined)?.idle === 2);
    expect(counts).toMatchObject({ poolId: poolId("Pack"), dedicated: { total: 2, idle: 2, running: 0 }, lowPriority: { total: 0 } });
  });
});

const SKUS = "Microsoft.Azure.Batch.Protocol.Entities.Container.nodeAgentSkus";
const IMAGES = "Microsoft.Azure.Batch.Protocol.Entities.Container.imageInformation";

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
