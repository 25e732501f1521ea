import { describe, expect, test } from "vitest";
import { disableRequest, jobPatch, jobSpec, jobUpdate, terminateReason } from "../../../core/api/rules/job-rules.ts";
import { UNLIMITED } from "../../../core/domain/duration.ts";
import { refusalOf } from "./refusal-of.ts";

const job = { id: "job-1", poolInfo: { poolId: "pool-1" } };

test("a job is complete with defaults", () => {
  expect(jobSpec(job)).toEqual({
    ...job,
    priority: 0,
    maxParallelTasks: -1,
    allowTaskPreemption: false,
    constraints: { maxWallClockTime: UNLIMITED, maxTaskRetryCount: 0 },
    onAllTasksComplete: "noaction",
    onTaskFailure: "noaction",
    usesTaskDependencies: false,
  });
});

test("of two environment settings with one name the last wins", () => {
  const commonEnvironmentSettings = [{ name: "A", value: "1" }, { name: "B" }, { name: "A", value: "2" }];
  expect(jobSpec({ ...job, commonEnvironmentSettings }).commonEnvironmentSettings).toEqual([{ name: "A", value: "2" }, { name: "B" }]);
});

describe("a patch", () => {
  test("changes what it names", () => {
    expect(jobPatch({})).toEqual({});
    expect(jobPatch({ priority: 5, metadata: [] })).toEqual({ priority: 5, metadata: [] });
  });

  test("replaces an object as a whole", () => {
    expect(jobPatch({ constraints: { maxWallClockTime: "PT1H" } })).toEqual({
      constraints: { maxWallClockTime: "PT1H", maxTaskRetryCount: 0 },
    });
  });
});

test("an update sets back what it leaves out", () => {
  expect(jobUpdate({ poolInfo: { poolId: "pool-2" } })).toEqual({
    poolInfo: { poolId: "pool-2" },
    priority: 0,
    maxParallelTasks: -1,
    allowTaskPreemption: false,
    constraints: { maxWallClockTime: UNLIMITED, maxTaskRetryCount: 0 },
    onAllTasksComplete: "noaction",
    metadata: null,
  });
});

describe.each([
  ["added", (change: object) => jobSpec({ ...job, ...change })],
  ["patched", (change: object) => jobPatch({ ...change })],
  ["updated", (change: object) => jobUpdate({ ...job, ...change })],
] as const)("a job that is %s", (_how, act) => {
  test.each([
    ["priority", { priority: 1001 }],
    ["priority", { priority: -1001 }],
    ["maxParallelTasks", { maxParallelTasks: 0 }],
    ["maxParallelTasks", { maxParallelTasks: -2 }],
    ["constraints.maxTaskRetryCount", { constraints: { maxTaskRetryCount: -2 } }],
    ["constraints.maxWallClockTime", { constraints: { maxWallClockTime: "PT0S" } }],
    ["poolInfo.poolId", { poolInfo: { poolId: "a/b" } }],
  ])("with a bad %s is InvalidPropertyValue", (property, change) => {
    expect(refusalOf(() => act(change))).toEqual({ code: "InvalidPropertyValue", property });
  });

  test("names its pool", () => {
    expect(refusalOf(() => act({ poolInfo: {} }))).toEqual({ code: "MissingRequiredProperty", property: "poolInfo.poolId" });
  });

  test("is on a pool or on one that is made for it, never on both", () => {
    const both = { poolInfo: { poolId: "p", autoPoolSpecification: { poolLifetimeOption: "job", pool: {} } } };
    expect(refusalOf(() => act(both))).toEqual({ code: "InvalidPropertyValue", property: "poolInfo" });
  });
});

test.each([
  ["id", { id: "a".repeat(65) }],
  ["displayName", { displayName: "a".repeat(1025) }],
  ["commonEnvironmentSettings[0].name", { commonEnvironmentSettings: [{ name: "" }] }],
  ["jobManagerTask.id", { jobManagerTask: { id: "a b", commandLine: "x" } }],
  [
    "jobManagerTask.constraints.maxTaskRetryCount",
    { jobManagerTask: { id: "m", commandLine: "x", constraints: { maxTaskRetryCount: -2 } } },
  ],
  ["jobManagerTask.requiredSlots", { jobManagerTask: { id: "m", commandLine: "x", requiredSlots: 0 } }],
])("a new job with a bad %s is InvalidPropertyValue", (property, change) => {
  expect(refusalOf(() => jobSpec({ ...job, ...change }))).toEqual({ code: "InvalidPropertyValue", property });
});

test.each([
  [
    "jobPreparationTask.containerSettings.registry.identityReference",
    {
      jobPreparationTask: { commandLine: "x", containerSettings: { imageName: "i", registry: { identityReference: { resourceId: "r" } } } },
    },
  ],
])("a new job with %s is not done yet, and said so", (property, change) => {
  expect(refusalOf(() => jobSpec({ ...job, ...change }))).toEqual({ code: "NotImplemented", property });
});

test("a job's manager is complete with defaults, and must have a command", () => {
  expect(jobSpec({ ...job, jobManagerTask: { id: "m", commandLine: "x" } }).jobManagerTask).toMatchObject({
    killJobOnCompletion: true,
    runExclusive: true,
    allowLowPriorityNode: true,
    requiredSlots: 1,
    constraints: { retentionTime: "P7D" },
  });
  const refusal = refusalOf(() => jobSpec({ ...job, jobManagerTask: { id: "m", commandLine: " " } }));
  expect(refusal).toEqual({ code: "MissingRequiredProperty", property: "jobManagerTask.commandLine" });
});

test("disabling and terminating say how and why", () => {
  expect(disableRequest({ disableTasks: "wait" })).toBe("wait");
  expect(terminateReason(undefined)).toBeUndefined();
  expect(terminateReason({})).toBeUndefined();
  expect(terminateReason({ terminateReason: "enough" })).toBe("enough");
  expect(refusalOf(() => terminateReason({ terminateReason: "a".repeat(1025) })).property).toBe("terminateReason");
});
