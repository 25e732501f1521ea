import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { batch2017 } from "./clients/batch-2017.ts";
import { type Client, type Doc, wire } from "./clients/index.ts";
import { expectActed, many, one, type Scene, sceneOf } from "./main-job/scene.ts";
import { rawSender } from "./raw.ts";

let server: TestServer;
let client: Client;
let scene: Scene;
beforeAll(async () => {
  server = await startTestServer();
  client = batch2017(server);
  scene = sceneOf(client, server);
});
afterAll(() => server.close());

const pool = async (): Promise<Doc> => one(scene, await client.call("pool", "get", "guests"), "CloudPool", "pools");
const nodes = async (): Promise<Doc[]> => many(scene, await client.call("computeNode", "list", "guests"), "ComputeNode", "nodes");
const task = async () => wire(await client.call("task", "get", "work", "long"));

/** Upgrades went with API 2018-12: of the official clients, the oldest alone knows them. */
it("upgrades the operating system of a pool's nodes, one after the other; a task that runs is queued again", async () => {
  await client.call("pool", "add", {
    id: "guests",
    vmSize: "standard_d2_v3",
    cloudServiceConfiguration: { osFamily: "5", targetOSVersion: "WA-GUEST-OS-5.1" },
    targetDedicated: 2,
  });
  await until("two nodes", nodes, (seen) => seen.length === 2 && seen.every(({ state }) => state === "idle"));
  await client.call("job", "add", { id: "work", poolInfo: { poolId: "guests" } });
  await client.call("task", "add", "work", { id: "long", commandLine: "/bin/sleep 1000" });
  await until("it running", task, ({ state }) => state === "running");
  const boots = (await nodes()).map(({ lastBootTime }) => lastBootTime);

  expectActed(scene, await client.call("pool", "upgradeOS", "guests", "WA-GUEST-OS-5.2"), 202, "/pools/guests/upgradeos");
  expect(await pool()).toMatchObject({
    state: "upgrading",
    allocationState: "steady",
    cloudServiceConfiguration: { osFamily: "5", targetOSVersion: "WA-GUEST-OS-5.2", currentOSVersion: "WA-GUEST-OS-5.1" },
  });
  const newer = JSON.parse((await rawSender(server)("GET", "/pools/guests", { version: "2018-12-01.8.0" })).text) as Doc;
  expect(newer).toMatchObject({ state: "active", cloudServiceConfiguration: { osFamily: "5", osVersion: "WA-GUEST-OS-5.2" } });
  const same = client.call("pool", "upgradeOS", "guests", "WA-GUEST-OS-5.2");
  await expect(same).rejects.toMatchObject({ statusCode: 400, code: "PoolVersionEqualsUpgradeVersion" });

  const states = new Set<unknown>();
  const look = async () => {
    for (const { state } of await nodes()) states.add(state);
    return pool();
  };
  const upgraded = await until("the upgrade done", look, ({ state }) => state === "active");
  expect(states).toContain("reimaging");
  expect(upgraded.cloudServiceConfiguration).toEqual({
    osFamily: "5",
    targetOSVersion: "WA-GUEST-OS-5.2",
    currentOSVersion: "WA-GUEST-OS-5.2",
  });
  await until("it running again", task, ({ state }) => state === "running");
  expect((await task()).executionInfo).toMatchObject({ requeueCount: expect.any(Number), retryCount: 0 });
  for (const { lastBootTime } of await nodes()) expect(boots).not.toContain(lastBootTime);
  expect(server.errors).toEqual([]);
});
