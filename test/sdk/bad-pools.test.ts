import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MACHINES } from "../support/machines.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { rawSender, type Send } from "./raw.ts";
import { expectRefused } from "./refusals.ts";
import { accountStays, poolIsSteady } from "./state.ts";

let server: TestServer;
let send: Send;
let nodeId: string;

beforeAll(async () => {
  server = await startTestServer({ settings: { poolQuota: 2 } });
  send = rawSender(server);
  for (const id of ["pool", "other"]) {
    expect((await send("POST", "/pools", { body: { id, ...MACHINES, targetDedicatedNodes: id === "pool" ? 1 : 0 } })).status).toBe(201);
  }
  const nodes = async () => JSON.parse((await send("GET", "/pools/pool/nodes")).text).value as { id: string; state: string }[];
  const [node] = await until("the node", nodes, (seen) => seen[0]?.state === "idle");
  nodeId = node?.id ?? "";
  await poolIsSteady(send, "pool");
});
afterAll(() => server.close());

/** Whatever is refused, nothing of the account changes. */
accountStays(() => send);
afterEach(() => expect(server.errors).toEqual([]));

const IMAGE = MACHINES.virtualMachineConfiguration;
const image = (sku: string) => ({ ...IMAGE, imageReference: { publisher: "nobody", offer: "nothing", sku } });

describe("a pool", () => {
  it.each([
    ["of a size that there is not", { vmSize: "standard_d3_v3" }, "InvalidPropertyValue", "vmSize"],
    [
      "of an image that there is not",
      { virtualMachineConfiguration: image("1") },
      "InvalidPropertyValue",
      "virtualMachineConfiguration.imageReference",
    ],
    [
      "in a subnet that there is not",
      { networkConfiguration: { subnetId: "/none" } },
      "InvalidPropertyValue",
      "networkConfiguration.subnetId",
    ],
    ["with more slots than four a core", { taskSlotsPerNode: 9 }, "InvalidPropertyValue", "taskSlotsPerNode"],
    ["with no slots", { taskSlotsPerNode: 0 }, "InvalidPropertyValue", "taskSlotsPerNode"],
    ["of too many nodes", { targetDedicatedNodes: 10_001 }, "InvalidPropertyValue", "targetDedicatedNodes"],
    ["of less than none", { targetLowPriorityNodes: -1 }, "InvalidPropertyValue", "targetLowPriorityNodes"],
    ["that is resized in no time", { resizeTimeout: "PT4M59S" }, "InvalidPropertyValue", "resizeTimeout"],
    ["with a start task that does nothing", { startTask: { commandLine: " " } }, "MissingRequiredProperty", "startTask.commandLine"],
    [
      "with tries below none",
      { startTask: { commandLine: "x", maxTaskRetryCount: -2 } },
      "InvalidPropertyValue",
      "startTask.maxTaskRetryCount",
    ],
  ])("%s is refused", async (_what, more, code, property) => {
    const values = expectRefused(await send("POST", "/pools", { body: { id: "new", ...MACHINES, ...more } }), 400, code);
    expect(values.PropertyName).toBe(property);
  });

  it("names sizes like the one that there is not", async () => {
    const values = expectRefused(
      await send("POST", "/pools", { body: { id: "new", ...MACHINES, vmSize: "standard_d3_v3" } }),
      400,
      "InvalidPropertyValue",
    );
    expect(values.Reason).toContain("standard_d2_v3");
  });

  it("of two operating systems is refused", async () => {
    const body = { id: "new", ...MACHINES, cloudServiceConfiguration: { osFamily: "6" } };
    expectRefused(await send("POST", "/pools", { body, version: "2019-06-01.9.0" }), 400, "InvalidPropertyValue");
  });

  it("whose operating system cannot be upgraded says so, and newer versions know of no upgrade", async () => {
    const upgrade = (body: unknown, version: string) => send("POST", "/pools/pool/upgradeos", { body, version });
    expectRefused(await upgrade({ targetOSVersion: "2" }, "2018-08-01.7.0"), 400, "PoolNotEligibleForOSVersionUpgrade");
    expectRefused(await upgrade({}, "2018-08-01.7.0"), 400, "MissingRequiredProperty");
    expectRefused(await upgrade({ targetOSVersion: "" }, "2015-12-01.2.2"), 400, "MissingRequiredProperty");
    expectRefused(await upgrade({ targetOSVersion: "2" }, "2018-12-01.8.0"), 400, "InvalidUri");
  });

  it("beyond the account's quota is refused", async () => {
    expectRefused(await send("POST", "/pools", { body: { id: "new", ...MACHINES } }), 409, "PoolQuotaReached");
  });

  it("takes no change that its nodes could not follow", async () => {
    expectRefused(await send("PATCH", "/pools/pool", { body: { vmSize: "standard_d4_v3" } }), 409, "OperationInvalidForCurrentState");
    expectRefused(await send("PATCH", "/pools/other", { body: { taskSlotsPerNode: 9 } }), 400, "InvalidPropertyValue");
    expectRefused(await send("PATCH", "/pools/none", { body: {} }), 404, "PoolNotFound");
    expectRefused(await send("POST", "/pools/pool/updateproperties", { body: {} }), 400, "MissingRequiredProperty");
    expectRefused(await send("PATCH", "/pools/pool", { body: { id: "x" } }), 400, "InvalidRequestBody");
  });
});

describe("a removal", () => {
  it.each([
    ["of 101 nodes", Array.from({ length: 101 }, (_, i) => `tvmps_${i}_d`), 400, "InvalidPropertyValue"],
    ["of none", [], 400, "InvalidPropertyValue"],
    ["of a stranger", ["tvmps_none_d"], 404, "NodeNotFound"],
  ])("%s is refused", async (_what, nodeList, status, code) => {
    expectRefused(await send("POST", "/pools/pool/removenodes", { body: { nodeList } }), status, code);
  });
});

describe("a node", () => {
  it.each([
    ["POST", "start", 409, "OperationInvalidForCurrentState", undefined],
    ["POST", "enablescheduling", 409, "NodeAlreadyInTargetSchedulingState", undefined],
    ["POST", "reboot", 400, "InvalidPropertyValue", { nodeRebootOption: "perhaps" }],
    ["POST", "disablescheduling", 400, "InvalidPropertyValue", { nodeDisableSchedulingOption: "retaineddata" }],
    ["POST", "uploadbatchservicelogs", 400, "InvalidPropertyValue", { containerUrl: "ftp://x/c", startTime: "2024-01-01T00:00:00Z" }],
    ["POST", "uploadbatchservicelogs", 400, "MissingRequiredProperty", { containerUrl: "http://x/c" }],
    ["GET", "reboot", 405, "UnsupportedHttpVerb", undefined],
    ["GET", "extensions/one", 404, "ResourceNotFound", undefined],
    ["GET", "remoteloginsettings", 501, "NotImplemented", undefined],
  ] as const)("%s %s is %i %s", async (method, action, status, code, body) => {
    expectRefused(await send(method, `/pools/pool/nodes/${nodeId}/${action}`, body ? { body } : {}), status, code);
    expectRefused(await send("POST", `/pools/pool/nodes/tvmps_none_d/reboot`), 404, "NodeNotFound");
  });

  it("is not deallocated by a version that does not know of it", async () => {
    expectRefused(await send("POST", `/pools/pool/nodes/${nodeId}/deallocate`, { version: "2024-02-01.19.0" }), 400, "InvalidUri");
  });
});

describe("a list", () => {
  it("that other versions have is not there", async () => {
    expectRefused(await send("GET", "/nodeagentskus"), 400, "InvalidUri");
    expectRefused(await send("GET", "/supportedimages", { version: "2018-12-01.8.0" }), 400, "InvalidUri");
    expectRefused(await send("GET", "/nodecounts?maxresults=11"), 400, "OutOfRangeQueryParameterValue");
  });
});
