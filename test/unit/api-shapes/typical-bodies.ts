import { type ApiVersion, isAtLeast } from "../../../core/api/versions/versions.ts";

type Body = Record<string, unknown>;

/** Bodies as an ordinary client of each version writes them. */
export function typicalPool(version: ApiVersion): Body {
  const image = { publisher: "canonical", offer: "ubuntuserver", sku: "22.04-lts", version: "latest" };
  return {
    id: "pool-1",
    displayName: "A pool",
    vmSize: "standard_d2_v3",
    resizeTimeout: "PT10M",
    metadata: [{ name: "owner", value: "me" }],
    startTask: { ...command(version), maxTaskRetryCount: 2, waitForSuccess: true },
    ...(isAtLeast(version, "2016-02-01.3.0")
      ? { virtualMachineConfiguration: { imageReference: image, nodeAgentSKUId: "batch.node.ubuntu 22.04" } }
      : { osFamily: "4", targetOSVersion: "*" }),
    ...(isAtLeast(version, "2017-05-01.5.0") ? { targetDedicatedNodes: 3, targetLowPriorityNodes: 1 } : { targetDedicated: 3 }),
    ...(isAtLeast(version, "2020-09-01.12.0") ? { taskSlotsPerNode: 4 } : { maxTasksPerNode: 4 }),
  };
}

export function typicalJob(version: ApiVersion): Body {
  return {
    id: "job-1",
    priority: 100,
    poolInfo: { poolId: "pool-1" },
    constraints: { maxWallClockTime: "P1D", maxTaskRetryCount: 3 },
    commonEnvironmentSettings: [{ name: "STAGE", value: "test" }],
    metadata: [{ name: "owner", value: "me" }],
    ...(isAtLeast(version, "2016-07-01.3.1") && { onAllTasksComplete: anyCasing(version, "terminateJob") }),
    ...(isAtLeast(version, "2021-06-01.14.0") && { maxParallelTasks: -1 }),
  };
}

export function typicalTask(version: ApiVersion): Body {
  return {
    ...command(version),
    id: "task-1",
    displayName: "A task",
    constraints: { maxWallClockTime: "PT1H", retentionTime: "P1D", maxTaskRetryCount: 1 },
    affinityInfo: { affinityId: "TVM:node-1" },
    ...(isAtLeast(version, "2020-09-01.12.0") && { requiredSlots: 2 }),
  };
}

function command(version: ApiVersion): Body {
  const url = "https://example.com/input.txt";
  return {
    commandLine: "/bin/sh -c 'cat input.txt'",
    resourceFiles: [{ filePath: "input.txt", ...(isAtLeast(version, "2018-12-01.8.0") ? { httpUrl: url } : { blobSource: url }) }],
    environmentSettings: [{ name: "GREETING", value: "hello" }],
    ...(isAtLeast(version, "2017-01-01.4.0")
      ? { userIdentity: { autoUser: { scope: "task", elevationLevel: anyCasing(version, "nonAdmin") } } }
      : { runElevated: false }),
  };
}

/** Enumerations of two words had a hump in the versions of 2016-07 (some) and 2017 only. */
function anyCasing(version: ApiVersion, value: string): string {
  return isAtLeast(version, "2017-09-01.6.0") ? value.toLowerCase() : value;
}
