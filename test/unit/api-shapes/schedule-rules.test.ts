import { describe, expect, test } from "vitest";
import { jobSpec } from "../../../core/api/rules/job-rules.ts";
import { schedulePatch, scheduleSpec, scheduleUpdate } from "../../../core/api/rules/schedule-rules.ts";
import { UNLIMITED } from "../../../core/domain/duration.ts";
import { refusalOf } from "./refusal-of.ts";

const machines = {
  virtualMachineConfiguration: { imageReference: { publisher: "canonical", offer: "ubuntu", sku: "22_04" }, nodeAgentSKUId: "x" },
};
const pool = { vmSize: "STANDARD_D2_V3", targetDedicatedNodes: 1, ...machines };
const auto = { poolLifetimeOption: "jobschedule", pool };
const schedule = { id: "s", schedule: {}, jobSpecification: { poolInfo: { poolId: "p" } } };
const withAuto = (change: object) => ({ poolInfo: { autoPoolSpecification: { ...auto, ...change } } });

test("a schedule is complete with defaults, its jobs and their pool too", () => {
  const jobSpecification = withAuto({});
  expect(scheduleSpec({ ...schedule, jobSpecification })).toMatchObject({
    id: "s",
    schedule: {},
    jobSpecification: {
      priority: 0,
      onAllTasksComplete: "noaction",
      constraints: { maxWallClockTime: UNLIMITED, maxTaskRetryCount: 0 },
      poolInfo: { autoPoolSpecification: { keepAlive: false, pool: { vmSize: "standard_d2_v3", taskSlotsPerNode: 1 } } },
    },
  });
});

test("a patch changes what it names; an update sets back what it leaves out", () => {
  expect(schedulePatch({})).toEqual({});
  const given = { schedule: { recurrenceInterval: "PT1H" }, jobSpecification: schedule.jobSpecification };
  expect(scheduleUpdate(given)).toMatchObject({ schedule: given.schedule, jobSpecification: { priority: 0 }, metadata: null });
});

describe.each([
  ["added", (change: object) => scheduleSpec({ ...schedule, ...change })],
  ["patched", (change: object) => schedulePatch({ ...change })],
  ["updated", (change: object) => scheduleUpdate({ ...schedule, ...change })],
] as const)("a schedule that is %s", (_how, act) => {
  test.each([
    ["schedule.recurrenceInterval", { schedule: { recurrenceInterval: "PT59S" } }],
    ["schedule.startWindow", { schedule: { recurrenceInterval: "PT1H", startWindow: "PT59S" } }],
    ["schedule.startWindow", { schedule: { recurrenceInterval: "PT1H", startWindow: "PT1H0.1S" } }],
    ["schedule.doNotRunAfter", { schedule: { doNotRunUntil: "2030-01-01T00:00:00Z", doNotRunAfter: "2030-01-01T00:00:00Z" } }],
    ["jobSpecification.priority", { jobSpecification: { ...schedule.jobSpecification, priority: 1001 } }],
    ["jobSpecification.displayName", { jobSpecification: { ...schedule.jobSpecification, displayName: "a".repeat(1025) } }],
    ["jobSpecification.poolInfo", { jobSpecification: { poolInfo: { poolId: "p", autoPoolSpecification: auto } } }],
    [
      "jobSpecification.poolInfo.autoPoolSpecification.autoPoolIdPrefix",
      { jobSpecification: withAuto({ autoPoolIdPrefix: "a".repeat(21) }) },
    ],
    ["jobSpecification.poolInfo.autoPoolSpecification.autoPoolIdPrefix", { jobSpecification: withAuto({ autoPoolIdPrefix: "a:b" }) }],
    ["jobSpecification.poolInfo.autoPoolSpecification.pool.vmSize", { jobSpecification: withAuto({ pool: { ...pool, vmSize: "none" } }) }],
    [
      "jobSpecification.poolInfo.autoPoolSpecification.pool.targetDedicatedNodes",
      { jobSpecification: withAuto({ pool: { ...pool, targetDedicatedNodes: -1 } }) },
    ],
  ])("with a bad %s is InvalidPropertyValue", (property, change) => {
    expect(refusalOf(() => act(change))).toEqual({ code: "InvalidPropertyValue", property });
  });

  test.each([
    ["jobSpecification.poolInfo.poolId", { jobSpecification: { poolInfo: {} } }],
    ["jobSpecification.poolInfo.autoPoolSpecification.pool", { jobSpecification: withAuto({ pool: undefined }) }],
  ])("without %s is MissingRequiredProperty", (property, change) => {
    expect(refusalOf(() => act(change))).toEqual({ code: "MissingRequiredProperty", property });
  });

  test.each([
    [{ recurrenceInterval: "PT1M", startWindow: "PT1M" }],
    [{ recurrenceInterval: "PT1H", startWindow: UNLIMITED }],
    [{ startWindow: "P30D" }],
    [{ doNotRunUntil: "2030-01-01T00:00:00Z", doNotRunAfter: "2030-01-01T00:00:01Z" }],
  ])("may have the times %j", (times) => {
    expect(act({ schedule: times })).toMatchObject({ schedule: times });
  });
});

test("a job of its own shares no pool with others", () => {
  const body = { id: "j", ...withAuto({}) };
  const property = "poolInfo.autoPoolSpecification.poolLifetimeOption";
  expect(refusalOf(() => jobSpec(body))).toEqual({ code: "InvalidPropertyValue", property });
  expect(jobSpec({ id: "j", ...withAuto({ poolLifetimeOption: "job", autoPoolIdPrefix: "a".repeat(20) }) })).toMatchObject({ id: "j" });
});
