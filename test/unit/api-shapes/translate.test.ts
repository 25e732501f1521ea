import { describe, expect, test } from "vitest";
import { jobSpec } from "../../../core/api/rules/job-rules.ts";
import { poolSpec } from "../../../core/api/rules/pool-rules.ts";
import { taskSpec } from "../../../core/api/rules/task-rules.ts";
import { parseBody, renderBody } from "../../../core/api/versions/translate.ts";
import { VERSIONS } from "../../../core/api/versions/versions.ts";
import { typicalJob, typicalPool, typicalTask } from "./typical-bodies.ts";

describe.each(VERSIONS)("a client of %s", (version) => {
  test.each([
    ["PoolAddParameter", "CloudPool", typicalPool, poolSpec],
    ["JobAddParameter", "CloudJob", typicalJob, jobSpec],
    ["TaskAddParameter", "CloudTask", typicalTask, taskSpec],
  ] as const)("reads back what it wrote as %s from a %s", (added, read, typical, spec) => {
    const body = typical(version);
    const stored = spec(parseBody(added, body, version));
    expect(renderBody(read, stored, version)).toMatchObject(body);
  });

  test("stores the same task as a client of any other version", () => {
    const stored = taskSpec(parseBody("TaskAddParameter", typicalTask(version), version));
    const newest = taskSpec(parseBody("TaskAddParameter", typicalTask("2024-07-01.20.0"), "2024-07-01.20.0"));
    const older = { ...newest, requiredSlots: stored.requiredSlots };
    const { scope: _, ...autoUser } = stored.userIdentity?.autoUser ?? {};
    expect(stored).toMatchObject({ ...older, userIdentity: { autoUser } });
  });
});

test("a document of the newest version is shown as it is, but for its times", () => {
  const doc = { id: "task-1", creationTime: "2024-07-01T12:00:00.123Z", state: "active", constraints: { maxWallClockTime: "PT1H" } };
  expect(renderBody("CloudTask", doc, "2024-07-01.20.0")).toEqual({ ...doc, creationTime: "2024-07-01T12:00:00.1230000Z" });
});

test("enumerations are read in any casing, kept in the newest and written in the version's own", () => {
  const body = { id: "job-1", poolInfo: { poolId: "pool-1" }, onAllTasksComplete: "TERMINATEJOB" };
  const parsed = parseBody("JobAddParameter", body, "2017-01-01.4.0");
  expect(parsed.onAllTasksComplete).toBe("terminatejob");
  expect(renderBody("CloudJob", parsed, "2017-01-01.4.0").onAllTasksComplete).toBe("terminateJob");
  expect(renderBody("CloudJob", parsed, "2022-10-01.16.0").onAllTasksComplete).toBe("terminatejob");
});

test("null means that a property is not set", () => {
  expect(parseBody("JobPatchParameter", { priority: null, metadata: null }, "2024-07-01.20.0")).toEqual({});
});

test("durations and times are kept in one form", () => {
  const schedule = { schedule: { doNotRunUntil: "2024-07-01T14:00:00+02:00", recurrenceInterval: "PT90M" } };
  expect(parseBody("JobSchedulePatchParameter", schedule, "2024-07-01.20.0")).toEqual({
    schedule: { doNotRunUntil: "2024-07-01T12:00:00.000Z", recurrenceInterval: "PT1H30M" },
  });
});

test("translating changes neither the body nor the document", () => {
  const freeze = <T extends object>(value: T): T => {
    for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) freeze(inner);
    return Object.freeze(value);
  };
  for (const version of VERSIONS) {
    const parsed = freeze(parseBody("PoolAddParameter", freeze(typicalPool(version)), version));
    const spec = freeze(poolSpec(parsed));
    expect(renderBody("CloudPool", spec, version)).toBeDefined();
  }
});
