import { describe, expect, test } from "vitest";
import { CHANGES } from "../../../core/api/versions/changes/index.ts";
import { parseBody, renderBody } from "../../../core/api/versions/translate.ts";
import { type ApiVersion, isAtLeast, NEWEST } from "../../../core/api/versions/versions.ts";

type Doc = Record<string, unknown>;
const UNLIMITED = "P10675199DT2H48M5.4775807S";

/** What a body of the version becomes. Only the asked properties are compared. */
function up(definition: string, version: ApiVersion, body: Doc) {
  return expect(parseBody(definition, body, version));
}
function down(definition: string, version: ApiVersion, doc: Doc) {
  return expect(renderBody(definition, doc, version));
}

test("changes are listed in the order of their versions", () => {
  CHANGES.forEach((change, index) => {
    const before = CHANGES[index - 1];
    expect(before === undefined || isAtLeast(change.since, before.since)).toBe(true);
  });
});

describe("names and forms", () => {
  test("targetDedicated is targetDedicatedNodes since 2017-05", () => {
    up("PoolResizeParameter", "2017-01-01.4.0", { targetDedicated: 4 }).toEqual({ targetDedicatedNodes: 4 });
    const pool = { targetDedicatedNodes: 4, targetLowPriorityNodes: 2, currentDedicatedNodes: 3, currentLowPriorityNodes: 1 };
    down("CloudPool", "2017-01-01.4.0", pool).toEqual({ targetDedicated: 4, currentDedicated: 3 });
    down("CloudPool", "2017-05-01.5.0", pool).toEqual(pool);
  });

  test("a pool has one resizeError before 2017-05", () => {
    const [first, second] = [{ code: "AllocationTimedout" }, { code: "Other" }];
    down("CloudPool", "2017-01-01.4.0", { id: "p", resizeErrors: [first, second] }).toEqual({ id: "p", resizeError: first });
    down("CloudPool", "2017-01-01.4.0", { id: "p", resizeErrors: [] }).toEqual({ id: "p" });
    down("CloudPool", "2017-05-01.5.0", { resizeErrors: [first, second] }).toEqual({ resizeErrors: [first, second] });
  });

  test.each([
    ["2016-02-01.3.0", "usererror", "servererror"],
    ["2017-01-01.4.0", "userError", "serverError"],
  ] as const)("failures in %s are a schedulingError", (version, user, server) => {
    const info = { retryCount: 0, requeueCount: 0 };
    const failed = (code: string, category = "usererror") => ({
      ...info,
      result: "failure",
      failureInfo: { category, code, message: "why" },
    });
    down("TaskExecutionInformation", version, failed("FailureExitCode")).toEqual(info);
    down("TaskExecutionInformation", version, failed("TaskEnded")).toEqual({
      ...info,
      schedulingError: { category: server, code: "TaskEnded", message: "why" },
    });
    const overdue = { ...failed("TaskEnded").failureInfo, details: [{ name: "Constraint", value: "maxWallClockTime" }] };
    down("TaskExecutionInformation", version, { ...failed("TaskEnded"), exitCode: 137, failureInfo: overdue }).toEqual({
      ...info,
      exitCode: -1073741510,
      schedulingError: { ...overdue, category: server },
    });
    down("TaskExecutionInformation", version, failed("BlobNotFound")).toEqual({
      ...info,
      schedulingError: { category: user, code: "BlobNotFound", message: "why" },
    });
    down("TaskExecutionInformation", version, { ...info, result: "success" }).toEqual(info);
    down("StartTaskInformation", version, failed("DiskFull", "servererror")).toMatchObject({
      schedulingError: { category: server, code: "DiskFull" },
    });
  });

  test("failures since 2017-05 are a failureInfo, in the version's spelling", () => {
    const info = { retryCount: 0, requeueCount: 0, result: "failure", failureInfo: { category: "usererror", code: "TaskEnded" } };
    down("TaskExecutionInformation", "2017-05-01.5.0", info).toEqual({
      ...info,
      failureInfo: { category: "userError", code: "TaskEnded" },
    });
    down("TaskExecutionInformation", "2017-09-01.6.0", info).toEqual(info);
  });

  test("exit conditions know preProcessingError since 2017-05", () => {
    const old = { schedulingError: { jobAction: "terminate" } };
    const now = { preProcessingError: { jobAction: "terminate" } };
    up("ExitConditions", "2017-01-01.4.0", old).toEqual(now);
    down("ExitConditions", "2017-01-01.4.0", now).toEqual(old);
    down("ExitConditions", "2017-05-01.5.0", now).toEqual(now);
  });

  test("a user account's SSH key is of its Linux configuration since 2017-05, and is never shown", () => {
    const account = { name: "me", password: "secret" };
    const now = { ...account, linuxUserConfiguration: { sshPrivateKey: "key" } };
    up("UserAccount", "2017-01-01.4.0", { ...account, sshPrivateKey: "key" }).toEqual(now);
    down("UserAccount", "2017-01-01.4.0", now).toEqual({ name: "me" });
    down("UserAccount", NEWEST, now).toEqual({ name: "me", linuxUserConfiguration: {} });
  });

  test("runElevated is an elevation level since 2017-01", () => {
    const task = { id: "t", commandLine: "x" };
    up("TaskAddParameter", "2016-07-01.3.1", { ...task, runElevated: true }).toMatchObject({
      userIdentity: { autoUser: { elevationLevel: "admin" } },
    });
    down("CloudTask", "2016-07-01.3.1", { id: "t", userIdentity: { autoUser: { elevationLevel: "admin" } } }).toEqual({
      id: "t",
      runElevated: true,
    });
    down("CloudTask", "2016-07-01.3.1", { id: "t", userIdentity: { username: "me" } }).toEqual({ id: "t", runElevated: false });
  });

  test("the operating system family of a pool moved in 2016-02, and has one version since 2018-12", () => {
    const configuration = { osFamily: "4", osVersion: "*" };
    const pool = { id: "p", vmSize: "small" };
    up("PoolAddParameter", "2015-12-01.2.2", { ...pool, osFamily: "4", targetOSVersion: "*" }).toEqual({
      ...pool,
      cloudServiceConfiguration: configuration,
    });
    up("PoolAddParameter", "2016-02-01.3.0", { ...pool, cloudServiceConfiguration: { osFamily: "4", targetOSVersion: "*" } }).toEqual({
      ...pool,
      cloudServiceConfiguration: configuration,
    });
    const doc = { cloudServiceConfiguration: configuration };
    down("CloudPool", "2015-12-01.2.2", doc).toEqual({ osFamily: "4", targetOSVersion: "*", currentOSVersion: "*" });
    down("CloudPool", "2018-08-01.7.0", doc).toEqual({
      cloudServiceConfiguration: { osFamily: "4", targetOSVersion: "*", currentOSVersion: "*" },
    });
    down("CloudPool", "2018-12-01.8.0", doc).toEqual(doc);
    down("CloudPool", NEWEST, doc).toEqual({});
  });

  test("a pool is shown as upgrading by the versions that know of upgrades", () => {
    const cloudServiceConfiguration = { osFamily: "4", osVersion: "2", currentOSVersion: "1" };
    const doc = { state: "active", cloudServiceConfiguration };
    const shown = { osFamily: "4", targetOSVersion: "2", currentOSVersion: "1" };
    down("CloudPool", "2015-12-01.2.2", doc).toEqual({ state: "upgrading", ...shown });
    down("CloudPool", "2018-08-01.7.0", doc).toEqual({ state: "upgrading", cloudServiceConfiguration: shown });
    down("CloudPool", "2018-08-01.7.0", { ...doc, state: "deleting" }).toEqual({ state: "deleting", cloudServiceConfiguration: shown });
    down("CloudPool", "2018-12-01.8.0", doc).toEqual({ state: "active", cloudServiceConfiguration: { osFamily: "4", osVersion: "2" } });
  });

  test("a certificate's visibility is a list since 2016-02", () => {
    const reference = { thumbprint: "0a", thumbprintAlgorithm: "sha1" };
    up("CertificateReference", "2015-12-01.2.2", { ...reference, visibility: "StartTask, Task" }).toEqual({
      ...reference,
      visibility: ["starttask", "task"],
    });
    down("CertificateReference", "2015-12-01.2.2", { ...reference, visibility: ["starttask", "task"] }).toEqual({
      ...reference,
      visibility: "starttask,task",
    });
    down("CertificateReference", "2017-01-01.4.0", { visibility: ["starttask"] }).toEqual({ visibility: ["startTask"] });
  });

  test("blobSource is httpUrl since 2018-12", () => {
    const url = "https://example.com/a";
    up("ResourceFile", "2018-08-01.7.0", { blobSource: url, filePath: "a" }).toEqual({ httpUrl: url, filePath: "a" });
    down("ResourceFile", "2018-08-01.7.0", { httpUrl: url, filePath: "a" }).toEqual({ blobSource: url, filePath: "a" });
    down("ResourceFile", "2018-08-01.7.0", { storageContainerUrl: url, filePath: "a" }).toEqual({ blobSource: url, filePath: "a" });
    down("ResourceFile", "2018-12-01.8.0", { httpUrl: url, filePath: "a" }).toEqual({ httpUrl: url, filePath: "a" });
  });

  test("docker became dockerCompatible in 2018-08, and got company in 2023-05", () => {
    up("ContainerConfiguration", "2018-03-01.6.1", { type: "docker" }).toEqual({ type: "dockerCompatible" });
    down("ContainerConfiguration", "2018-03-01.6.1", { type: "dockerCompatible" }).toEqual({ type: "docker" });
    down("ContainerConfiguration", "2022-10-01.16.0", { type: "criCompatible" }).toEqual({ type: "dockerCompatible" });
    down("ContainerConfiguration", "2023-05-01.17.0", { type: "criCompatible" }).toEqual({ type: "criCompatible" });
  });

  test("public addresses are provided in several ways since 2020-03", () => {
    const configuration = { publicIPAddressConfiguration: { provision: "usermanaged", ipAddressIds: ["a"] } };
    up("NetworkConfiguration", "2019-08-01.10.0", { publicIPs: ["a"] }).toEqual(configuration);
    down("NetworkConfiguration", "2019-08-01.10.0", configuration).toEqual({ publicIPs: ["a"] });
  });

  test("maxTasksPerNode is taskSlotsPerNode since 2020-09", () => {
    up("PoolAddParameter", "2020-03-01.11.0", { id: "p", vmSize: "s", maxTasksPerNode: 4 }).toEqual({
      id: "p",
      vmSize: "s",
      taskSlotsPerNode: 4,
    });
    down("CloudPool", "2020-03-01.11.0", { taskSlotsPerNode: 4 }).toEqual({ maxTasksPerNode: 4 });
    down("CloudPool", "2020-09-01.12.0", { taskSlotsPerNode: 4 }).toEqual({ taskSlotsPerNode: 4 });
  });

  test("task counts stand alone before 2020-09", () => {
    const counts = { active: 1, running: 2, completed: 3, succeeded: 2, failed: 1 };
    const doc = { taskCounts: counts, taskSlotCounts: counts };
    down("TaskCountsResult", "2018-03-01.6.1", doc).toEqual({ ...counts, validationStatus: "validated" });
    down("TaskCountsResult", "2020-03-01.11.0", doc).toEqual(counts);
    down("TaskCountsResult", "2020-09-01.12.0", doc).toEqual(doc);
  });

  test.each([
    ["preempted", "2017-01-01.4.0", "offline"],
    ["preempted", "2017-05-01.5.0", "preempted"],
    ["waitingforstarttask", "2017-01-01.4.0", "waitingForStartTask"],
    ["upgradingos", "2023-11-01.18.0", "reimaging"],
    ["upgradingos", "2024-02-01.19.0", "upgradingos"],
    ["deallocated", "2024-02-01.19.0", "offline"],
    ["deallocating", "2016-07-01.3.1", "offline"],
  ] as const)("a node that is %s is shown to %s as %s", (state, version, shown) => {
    down("ComputeNode", version, { id: "n", state }).toEqual({ id: "n", state: shown });
  });

  test("node counts add up in every version", () => {
    const counts = { offline: 1, reimaging: 2, upgradingOS: 3, deallocated: 4, deallocating: 5, total: 15 };
    down("NodeCounts", "2018-03-01.6.1", counts).toEqual({ offline: 10, reimaging: 5, total: 15 });
    down("NodeCounts", "2024-02-01.19.0", counts).toEqual({ offline: 10, reimaging: 2, upgradingOS: 3, total: 15 });
    down("NodeCounts", NEWEST, counts).toEqual(counts);
  });

  test("newer disks and machines have no older names, or the nearest", () => {
    down("DataDisk", "2023-05-01.17.0", { lun: 0, storageAccountType: "standardssd_lrs" }).toEqual({
      lun: 0,
      storageAccountType: "standard_lrs",
    });
    down("SecurityProfile", "2024-02-01.19.0", { encryptionAtHost: true, securityType: "confidentialVM" }).toEqual({
      encryptionAtHost: true,
    });
    down("SecurityProfile", "2024-02-01.19.0", { securityType: "trustedLaunch" }).toEqual({ securityType: "trustedLaunch" });
  });
});

describe("defaults that depend on the version", () => {
  const task = { id: "t", commandLine: "x" };

  test("a task's directory is kept for ever before 2018-12", () => {
    up("TaskAddParameter", "2018-08-01.7.0", task).toMatchObject({ constraints: { retentionTime: UNLIMITED } });
    up("TaskAddParameter", "2018-08-01.7.0", { ...task, constraints: { retentionTime: "PT1H" } }).toMatchObject({
      constraints: { retentionTime: "PT1H" },
    });
    up("TaskAddParameter", "2018-12-01.8.0", task).not.toHaveProperty("constraints");
    up("TaskUpdateParameter", "2018-08-01.7.0", { constraints: { maxTaskRetryCount: 1 } }).toEqual({
      constraints: { maxTaskRetryCount: 1, retentionTime: UNLIMITED },
    });
    up("JobReleaseTask", "2018-08-01.7.0", { commandLine: "x" }).toMatchObject({ retentionTime: UNLIMITED });
    up("JobPreparationTask", "2018-08-01.7.0", { commandLine: "x" }).toMatchObject({ constraints: { retentionTime: UNLIMITED } });
  });

  test("a task runs as a user of its own before 2019-08", () => {
    const own = { userIdentity: { autoUser: { scope: "task" } } };
    up("TaskAddParameter", "2019-06-01.9.0", task).toMatchObject(own);
    up("TaskAddParameter", "2016-02-01.3.0", task).toMatchObject(own);
    up("TaskAddParameter", "2019-06-01.9.0", { ...task, userIdentity: { autoUser: { scope: "pool" } } }).toMatchObject({
      userIdentity: { autoUser: { scope: "pool" } },
    });
    up("TaskAddParameter", "2019-06-01.9.0", { ...task, userIdentity: { username: "me" } }).toHaveProperty("userIdentity", {
      username: "me",
    });
    up("TaskAddParameter", "2019-08-01.10.0", task).toEqual(task);
  });

  test("a node does not wait for its start task before 2019-08", () => {
    up("StartTask", "2019-06-01.9.0", { commandLine: "x" }).toMatchObject({ waitForSuccess: false });
    up("StartTask", "2019-06-01.9.0", { commandLine: "x", waitForSuccess: true }).toMatchObject({ waitForSuccess: true });
    up("StartTask", "2019-08-01.10.0", { commandLine: "x" }).toEqual({ commandLine: "x" });
  });

  test("a job manager keeps off low-priority nodes before 2018-03", () => {
    up("JobManagerTask", "2017-09-01.6.0", task).toMatchObject({ allowLowPriorityNode: false });
    up("JobManagerTask", "2017-09-01.6.0", { ...task, allowLowPriorityNode: true }).toMatchObject({ allowLowPriorityNode: true });
    up("JobManagerTask", "2018-03-01.6.1", task).not.toHaveProperty("allowLowPriorityNode");
  });
});
