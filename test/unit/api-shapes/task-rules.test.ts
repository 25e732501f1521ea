import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { taskConstraintsUpdate, taskSpec } from "../../../core/api/rules/task-rules.ts";
import { UNLIMITED } from "../../../core/domain/duration.ts";
import { refusalOf } from "./refusal-of.ts";

const task = { id: "task-1", commandLine: "/bin/true" };
const httpUrl = "https://example.com/a";

test("a task is complete with defaults, but for the retry count, which is its job's to give", () => {
  expect(taskSpec(task)).toEqual({
    ...task,
    requiredSlots: 1,
    constraints: { maxWallClockTime: UNLIMITED, retentionTime: "P7D" },
    userIdentity: { autoUser: { scope: "pool", elevationLevel: "nonadmin" } },
  });
});

test("a task keeps the identity that it names", () => {
  expect(taskSpec({ ...task, userIdentity: { username: "me" } }).userIdentity).toEqual({ username: "me" });
  expect(taskSpec({ ...task, userIdentity: { autoUser: { scope: "task" } } }).userIdentity).toEqual({
    autoUser: { scope: "task", elevationLevel: "nonadmin" },
  });
});

test("an update of its constraints sets back those that it leaves out", () => {
  expect(taskConstraintsUpdate({})).toEqual({ maxWallClockTime: UNLIMITED, retentionTime: "P7D" });
  expect(taskConstraintsUpdate({ constraints: { maxTaskRetryCount: 2 } })).toEqual({
    maxWallClockTime: UNLIMITED,
    retentionTime: "P7D",
    maxTaskRetryCount: 2,
  });
  expect(refusalOf(() => taskConstraintsUpdate({ constraints: { maxTaskRetryCount: -2 } })).property).toBe("constraints.maxTaskRetryCount");
});

test.each([
  ["id", { id: "a".repeat(65) }],
  ["id", { id: "../a" }],
  ["displayName", { displayName: "a".repeat(1025) }],
  ["requiredSlots", { requiredSlots: 0 }],
  ["requiredSlots", { requiredSlots: 257 }],
  ["constraints.maxWallClockTime", { constraints: { maxWallClockTime: "PT0S" } }],
  ["constraints.maxTaskRetryCount", { constraints: { maxTaskRetryCount: -2 } }],
  ["commandLine", { commandLine: "a\0b" }],
  ["environmentSettings[1].name", { environmentSettings: [{ name: "A" }, { name: "" }] }],
  ["environmentSettings[0].value", { environmentSettings: [{ name: "A", value: "\0" }] }],
  ["userIdentity.autoUser", { userIdentity: { username: "me", autoUser: { scope: "task" } } }],
  ["userIdentity.username", { userIdentity: { username: "" } }],
])("a task with a bad %s is InvalidPropertyValue", (property, change) => {
  expect(refusalOf(() => taskSpec({ ...task, ...change }))).toEqual({ code: "InvalidPropertyValue", property });
});

test("a task without a command is MissingRequiredProperty", () => {
  expect(refusalOf(() => taskSpec({ ...task, commandLine: "  " }))).toEqual({ code: "MissingRequiredProperty", property: "commandLine" });
});

test("a multi-instance task has one node where it does not say how many, and may coordinate by a command", () => {
  const settings = { coordinationCommandLine: "x", commonResourceFiles: [{ httpUrl: "http://files/a", filePath: "a" }] };
  expect(taskSpec({ ...task, multiInstanceSettings: settings }).multiInstanceSettings).toEqual({ ...settings, numberOfInstances: 1 });
});

test.each([
  ["multiInstanceSettings.numberOfInstances", { numberOfInstances: 0, coordinationCommandLine: "x" }, {}],
  ["multiInstanceSettings.coordinationCommandLine", { numberOfInstances: 2, coordinationCommandLine: " " }, {}],
  ["multiInstanceSettings.coordinationCommandLine", { numberOfInstances: 2, coordinationCommandLine: "x\0" }, {}],
  [
    "multiInstanceSettings.commonResourceFiles[0].filePath",
    { coordinationCommandLine: "x", commonResourceFiles: [{ httpUrl: "http://f/a", filePath: "../a" }] },
    {},
  ],
  ["requiredSlots", { numberOfInstances: 2, coordinationCommandLine: "x" }, { requiredSlots: 2 }],
])("a multi-instance task is refused for its %s", (property, multiInstanceSettings, more) => {
  expect(refusalOf(() => taskSpec({ ...task, multiInstanceSettings, ...more }))).toEqual({ code: "InvalidPropertyValue", property });
});

test("a multi-instance task in a container is not done yet, and said so", () => {
  const multiInstanceSettings = { numberOfInstances: 2, coordinationCommandLine: "x" };
  const asked = { ...task, multiInstanceSettings, containerSettings: { imageName: "busybox" } };
  expect(refusalOf(() => taskSpec(asked))).toEqual({ code: "NotImplemented", property: "multiInstanceSettings" });
});

test.each([["applicationPackageReferences", [{ applicationId: "a" }]]])(
  "a task with %s is not done yet, and said so",
  (property, value) => {
    expect(refusalOf(() => taskSpec({ ...task, [property]: value }))).toEqual({ code: "NotImplemented", property });
  },
);

test.each([
  ["TaskDependencyListTooLong", "dependsOn.taskIds", { taskIds: Array.from({ length: 1_001 }, (_, i) => String(i).padStart(64, "0")) }],
  [
    "TaskDependencyRangesTooLong",
    "dependsOn.taskIdRanges",
    { taskIdRanges: Array.from({ length: 1_001 }, (_, i) => ({ start: i, end: i })) },
  ],
  ["InvalidPropertyValue", "dependsOn.taskIds[1]", { taskIds: ["a", "b c"] }],
  ["InvalidPropertyValue", "dependsOn.taskIdRanges[0].end", { taskIdRanges: [{ start: 5, end: 4 }] }],
  ["InvalidPropertyValue", "dependsOn.taskIdRanges[0].start", { taskIdRanges: [{ start: -1, end: 4 }] }],
])("dependencies that cannot be are %s: %s", (code, property, dependsOn) => {
  expect(refusalOf(() => taskSpec({ ...task, dependsOn }))).toEqual({ code, property });
});

test("a range of exit codes must not be backwards", () => {
  const exitConditions = { exitCodeRanges: [{ start: 5, end: 4, exitOptions: {} }] };
  expect(refusalOf(() => taskSpec({ ...task, exitConditions })).property).toBe("exitConditions.exitCodeRanges[0].end");
});

test("empty lists ask for nothing", () => {
  const nothing = { applicationPackageReferences: [], outputFiles: [], resourceFiles: [] };
  expect(taskSpec({ ...task, ...nothing })).toMatchObject(nothing);
});

describe("a resource file", () => {
  const check = (file: object) => taskSpec({ ...task, resourceFiles: [file] });

  test.each([
    { httpUrl, filePath: "a" },
    { httpUrl, filePath: "a/b..c/.d", fileMode: "0770" },
    { httpUrl, filePath: "a", fileMode: "755" },
    { storageContainerUrl: httpUrl },
    { storageContainerUrl: httpUrl, filePath: ".", blobPrefix: "in/" },
    { autoStorageContainerName: "inputs", filePath: "in" },
  ])("may be %j", (file) => {
    expect(check(file).resourceFiles).toEqual([file]);
  });

  test.each([
    ["httpUrl", { filePath: "a" }],
    ["filePath", { httpUrl }],
  ])("needs %s: %j", (property, file) => {
    expect(refusalOf(() => check(file))).toEqual({ code: "MissingRequiredProperty", property: `resourceFiles[0].${property}` });
  });

  test.each([
    ["httpUrl", { autoStorageContainerName: "inputs", httpUrl, filePath: "a" }],
    ["httpUrl", { httpUrl: "file:///etc/passwd", filePath: "a" }],
    ["httpUrl", { httpUrl: "not a URL", filePath: "a" }],
    ["storageContainerUrl", { storageContainerUrl: "" }],
    ["autoStorageContainerName", { autoStorageContainerName: "" }],
    ["blobPrefix", { httpUrl, filePath: "a", blobPrefix: "b" }],
    ["fileMode", { httpUrl, filePath: "a", fileMode: "rwx" }],
    ["fileMode", { httpUrl, filePath: "a", fileMode: "0999" }],
    ["filePath", { httpUrl, filePath: "" }],
    ["filePath", { httpUrl, filePath: "a/" }],
    ["filePath", { httpUrl, filePath: "/etc/passwd" }],
    ["filePath", { httpUrl, filePath: "\\windows" }],
    ["filePath", { httpUrl, filePath: "C:\\windows" }],
    ["filePath", { httpUrl, filePath: "../a" }],
    ["filePath", { httpUrl, filePath: "a/../../b" }],
    ["filePath", { httpUrl, filePath: "a\\..\\b" }],
    ["filePath", { httpUrl, filePath: "a\0" }],
    ["filePath", { storageContainerUrl: httpUrl, filePath: ".." }],
  ])("with a bad %s is InvalidPropertyValue: %j", (property, file) => {
    expect(refusalOf(() => check(file))).toEqual({ code: "InvalidPropertyValue", property: `resourceFiles[0].${property}` });
  });

  test("never gets out of the working directory", () => {
    const part = fc.constantFrom("..", ".", "a", "b c", "", "...");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const filePath = parts.join("/");
        if (parts.includes("..")) expect(refusalOf(() => check({ httpUrl, filePath })).code).toBe("InvalidPropertyValue");
      }),
    );
  });
});

describe("a container", () => {
  const check = (settings: object) => taskSpec({ ...task, containerSettings: { imageName: "i", ...settings } });

  test.each([
    { registry: { registryServer: "r.example:5000", username: "me", password: "p" } },
    { registry: { registryServer: "https://r.example/" } },
    { containerHostBatchBindMounts: [{ source: "Task", isReadOnly: true }] },
  ])("may have %j", (settings) => {
    expect(check(settings).containerSettings).toMatchObject(settings);
  });

  test.each([
    ["InvalidPropertyValue", "imageName", { imageName: "--privileged" }],
    ["MissingRequiredProperty", "imageName", { imageName: " " }],
    ["MissingRequiredProperty", "registry.password", { registry: { username: "me" } }],
    ["MissingRequiredProperty", "registry.username", { registry: { password: "p" } }],
    ["InvalidPropertyValue", "registry.registryServer", { registry: { registryServer: "a b" } }],
    ["MissingRequiredProperty", "containerHostBatchBindMounts[0].source", { containerHostBatchBindMounts: [{ isReadOnly: true }] }],
  ])("is refused as %s for its %s", (code, property, settings) => {
    expect(refusalOf(() => check(settings))).toEqual({ code, property: `containerSettings.${property}` });
  });
});
