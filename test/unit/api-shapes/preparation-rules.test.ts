import { describe, expect, test } from "vitest";
import { jobSpec } from "../../../core/api/rules/job-rules.ts";
import { parseBody } from "../../../core/api/versions/translate.ts";
import { UNLIMITED } from "../../../core/domain/duration.ts";
import { refusalOf } from "./refusal-of.ts";

const job = { id: "job-1", poolInfo: { poolId: "pool-1" } };
const preparation = { commandLine: "prepare" };
const release = { commandLine: "release" };
const both = { jobPreparationTask: preparation, jobReleaseTask: release };
const userIdentity = { autoUser: { scope: "pool", elevationLevel: "nonadmin" } };

test("a preparation and a release are complete with defaults", () => {
  expect(jobSpec({ ...job, ...both })).toMatchObject({
    jobPreparationTask: {
      id: "jobpreparation",
      commandLine: "prepare",
      waitForSuccess: true,
      rerunOnNodeRebootAfterSuccess: true,
      constraints: { maxWallClockTime: UNLIMITED, retentionTime: "P7D", maxTaskRetryCount: 0 },
      userIdentity,
    },
    jobReleaseTask: { id: "jobrelease", commandLine: "release", maxWallClockTime: "PT15M", retentionTime: "P7D", userIdentity },
  });
  expect(jobSpec(job).jobPreparationTask).toBeUndefined();
});

test("what they ask for stays", () => {
  const asked = { id: "Prep", commandLine: "x", waitForSuccess: false, rerunOnNodeRebootAfterSuccess: false };
  const constraints = { maxWallClockTime: "PT1H", maxTaskRetryCount: 3 };
  const spec = jobSpec({
    ...job,
    jobPreparationTask: { ...asked, constraints },
    jobReleaseTask: { ...release, id: "Rel", maxWallClockTime: "PT1M" },
  });
  expect(spec.jobPreparationTask).toMatchObject({ ...asked, constraints: { ...constraints, retentionTime: "P7D" } });
  expect(spec.jobReleaseTask).toMatchObject({ id: "Rel", maxWallClockTime: "PT1M" });
});

test("in the first versions they are kept for as long as their node", () => {
  const spec = jobSpec(parseBody("JobAddParameter", { ...job, ...both }, "2017-01-01.4.0"));
  expect(spec.jobPreparationTask).toMatchObject({ waitForSuccess: true, constraints: { retentionTime: UNLIMITED } });
  expect(spec.jobReleaseTask?.retentionTime).toBe(UNLIMITED);
});

describe("is refused:", () => {
  test.each([
    ["jobReleaseTask.id", { jobReleaseTask: release }],
    ["jobReleaseTask.id", { ...both, jobReleaseTask: { ...release, id: "JobPreparation" } }],
    ["jobManagerTask.id", { ...both, jobManagerTask: { id: "jobrelease", commandLine: "x" } }],
    ["jobPreparationTask.id", { jobPreparationTask: { ...preparation, id: "a b" } }],
    [
      "jobPreparationTask.constraints.maxTaskRetryCount",
      { jobPreparationTask: { ...preparation, constraints: { maxTaskRetryCount: -2 } } },
    ],
    [
      "jobPreparationTask.constraints.maxWallClockTime",
      { jobPreparationTask: { ...preparation, constraints: { maxWallClockTime: "PT0S" } } },
    ],
    ["jobPreparationTask.userIdentity.username", { jobPreparationTask: { ...preparation, userIdentity: { username: "" } } }],
    ["jobReleaseTask.maxWallClockTime", { ...both, jobReleaseTask: { ...release, maxWallClockTime: "PT15M1S" } }],
    ["jobReleaseTask.maxWallClockTime", { ...both, jobReleaseTask: { ...release, maxWallClockTime: "PT0S" } }],
  ])("%s", (path, change) => {
    expect(refusalOf(() => jobSpec({ ...job, ...change }))).toMatchObject({
      code: "InvalidPropertyValue",
      property: path,
    });
  });

  test.each(["jobPreparationTask", "jobReleaseTask"])("a %s without a command", (name) => {
    expect(refusalOf(() => jobSpec({ ...job, ...both, [name]: { commandLine: " " } }))).toMatchObject({
      code: "MissingRequiredProperty",
      property: `${name}.commandLine`,
    });
    expect(refusalOf(() => jobSpec(parseBody("JobAddParameter", { ...job, ...both, [name]: {} }, "2015-12-01.2.2")))).toMatchObject({
      code: "MissingRequiredProperty",
    });
  });
});
