import { describe, expect, test } from "vitest";
import { poolSpec, resizeRequest } from "../../../core/api/rules/pool-rules.ts";
import { refusalOf } from "./refusal-of.ts";

const imageReference = { publisher: "canonical", offer: "ubuntuserver", sku: "22.04-lts" };
const virtualMachineConfiguration = { imageReference, nodeAgentSKUId: "batch.node.ubuntu 22.04" };
const pool = { id: "pool-1", vmSize: "STANDARD_D2_v3", virtualMachineConfiguration };

describe("a pool", () => {
  test("is complete with defaults", () => {
    expect(poolSpec(pool)).toEqual({
      id: "pool-1",
      vmSize: "standard_d2_v3",
      virtualMachineConfiguration: { ...virtualMachineConfiguration, imageReference: { ...imageReference, version: "latest" } },
      resizeTimeout: "PT15M",
      targetDedicatedNodes: 0,
      targetLowPriorityNodes: 0,
      enableAutoScale: false,
      enableInterNodeCommunication: false,
      taskSlotsPerNode: 1,
      taskSchedulingPolicy: { nodeFillType: "spread" },
    });
  });

  test("keeps what it is given, also what core does not look into", () => {
    const given = {
      ...pool,
      displayName: "A pool",
      taskSlotsPerNode: 8,
      taskSchedulingPolicy: { nodeFillType: "pack" },
      targetLowPriorityNodes: 2,
      resizeTimeout: "PT5M",
      metadata: [{ name: "a", value: "b" }],
      networkConfiguration: { dynamicVNetAssignmentScope: "none" },
      enableInterNodeCommunication: true,
      mountConfiguration: [],
    };
    expect(poolSpec(given)).toMatchObject({ ...given, vmSize: "standard_d2_v3" });
  });

  test("may be of an operating system family, as in the older versions", () => {
    const { virtualMachineConfiguration: _, ...rest } = pool;
    expect(poolSpec({ ...rest, cloudServiceConfiguration: { osFamily: "6" } })).toMatchObject({
      cloudServiceConfiguration: { osFamily: "6", osVersion: "*" },
    });
  });

  test("has a complete start task", () => {
    expect(poolSpec({ ...pool, startTask: { commandLine: "x" } }).startTask).toEqual({
      commandLine: "x",
      maxTaskRetryCount: 0,
      waitForSuccess: true,
      userIdentity: { autoUser: { scope: "pool", elevationLevel: "nonadmin" } },
    });
    expect(poolSpec({ ...pool, startTask: { commandLine: "x", waitForSuccess: false, maxTaskRetryCount: -1 } }).startTask).toMatchObject({
      maxTaskRetryCount: -1,
      waitForSuccess: false,
    });
  });

  test.each([
    ["id", { id: "" }],
    ["id", { id: "a".repeat(65) }],
    ["id", { id: "a b" }],
    ["displayName", { displayName: "a".repeat(1025) }],
    ["targetDedicatedNodes", { targetDedicatedNodes: -1 }],
    ["targetLowPriorityNodes", { targetLowPriorityNodes: 10_001 }],
    ["taskSlotsPerNode", { taskSlotsPerNode: 0 }],
    ["taskSlotsPerNode", { taskSlotsPerNode: 257 }],
    ["resizeTimeout", { resizeTimeout: "PT4M59S" }],
    ["targetDedicatedNodes", { enableAutoScale: true, autoScaleFormula: "$TargetDedicatedNodes=1", targetDedicatedNodes: 1 }],
    ["resizeTimeout", { enableAutoScale: true, autoScaleFormula: "$TargetDedicatedNodes=1", resizeTimeout: "PT15M" }],
    ["autoScaleFormula", { autoScaleFormula: "$TargetDedicatedNodes=1" }],
    ["cloudServiceConfiguration", { cloudServiceConfiguration: { osFamily: "6" } }],
    ["startTask.maxTaskRetryCount", { startTask: { commandLine: "x", maxTaskRetryCount: -2 } }],
    [
      "startTask.resourceFiles[0].filePath",
      { startTask: { commandLine: "x", resourceFiles: [{ httpUrl: "https://a/b", filePath: "/etc/x" }] } },
    ],
    ["startTask.environmentSettings[0].name", { startTask: { commandLine: "x", environmentSettings: [{ name: "a=b" }] } }],
  ])("with a bad %s is InvalidPropertyValue", (property, change) => {
    expect(refusalOf(() => poolSpec({ ...pool, ...change }))).toEqual({ code: "InvalidPropertyValue", property });
  });

  test.each([
    ["vmSize", { vmSize: " " }],
    ["virtualMachineConfiguration", { virtualMachineConfiguration: undefined }],
    [
      "virtualMachineConfiguration.imageReference.sku",
      { virtualMachineConfiguration: { ...virtualMachineConfiguration, imageReference: { publisher: "p", offer: "o" } } },
    ],
    ["startTask.commandLine", { startTask: { commandLine: "" } }],
  ])("without %s is MissingRequiredProperty", (property, change) => {
    expect(refusalOf(() => poolSpec({ ...pool, ...change }))).toEqual({ code: "MissingRequiredProperty", property });
  });

  test.each([
    ["enableAutoScale", { enableAutoScale: true, autoScaleFormula: "$TargetDedicatedNodes=1" }],
    ["applicationPackageReferences", { applicationPackageReferences: [{ applicationId: "a" }] }],
    ["certificateReferences", { certificateReferences: [{ thumbprint: "0a", thumbprintAlgorithm: "sha1" }] }],
    ["mountConfiguration", { mountConfiguration: [{ nfsMountConfiguration: { source: "s", relativeMountPath: "p" } }] }],
    [
      "startTask.containerSettings.registry.identityReference",
      { startTask: { commandLine: "x", containerSettings: { imageName: "i", registry: { identityReference: { resourceId: "r" } } } } },
    ],
    [
      "startTask.resourceFiles.identityReference",
      {
        startTask: { commandLine: "x", resourceFiles: [{ httpUrl: "https://a/b", filePath: "b", identityReference: { resourceId: "r" } }] },
      },
    ],
  ])("with %s is not done yet, and said so", (property, change) => {
    expect(refusalOf(() => poolSpec({ ...pool, ...change }))).toEqual({ code: "NotImplemented", property });
  });

  test.each([
    ["containerImageNames[1]", { containerImageNames: ["ubuntu:22.04", "a b"] }],
    ["containerRegistries[0].registryServer", { containerRegistries: [{ registryServer: "a b" }] }],
  ])("with containers is refused for its %s", (property, configuration) => {
    const containerConfiguration = { type: "dockerCompatible", ...configuration };
    const change = { virtualMachineConfiguration: { ...virtualMachineConfiguration, containerConfiguration } };
    const path = `virtualMachineConfiguration.containerConfiguration.${property}`;
    expect(refusalOf(() => poolSpec({ ...pool, ...change }))).toEqual({ code: "InvalidPropertyValue", property: path });
  });

  test("of an image by its id needs no publisher", () => {
    const image = { virtualMachineImageId: "/some/image" };
    expect(poolSpec({ ...pool, virtualMachineConfiguration: { ...virtualMachineConfiguration, imageReference: image } })).toMatchObject({
      virtualMachineConfiguration: { imageReference: image },
    });
  });
});

describe("a resize", () => {
  test("takes 15 minutes and requeues tasks unless it says otherwise", () => {
    expect(resizeRequest({ targetDedicatedNodes: 0 })).toEqual({
      targetDedicatedNodes: 0,
      resizeTimeoutMs: 900_000,
      deallocation: "requeue",
    });
    const body = { targetLowPriorityNodes: 3, resizeTimeout: "PT5M", nodeDeallocationOption: "taskcompletion" };
    expect(resizeRequest(body)).toEqual({ targetLowPriorityNodes: 3, resizeTimeoutMs: 300_000, deallocation: "taskcompletion" });
  });

  test("is refused without a target, with a negative one, or with too little time", () => {
    expect(refusalOf(() => resizeRequest({}))).toEqual({ code: "MissingRequiredProperty", property: "targetDedicatedNodes" });
    expect(refusalOf(() => resizeRequest({ targetDedicatedNodes: -1 })).code).toBe("InvalidPropertyValue");
    expect(refusalOf(() => resizeRequest({ targetDedicatedNodes: 1, resizeTimeout: "PT1M" })).property).toBe("resizeTimeout");
  });
});
