import { describe, expect, test } from "vitest";
import { parseBody, renderBody } from "../../../core/api/versions/translate.ts";
import { NEWEST } from "../../../core/api/versions/versions.ts";
import { refusalOf } from "./refusal-of.ts";

const task = { id: "t", commandLine: "x" };
const refused = (definition: string, body: unknown, version: Parameters<typeof parseBody>[2] = NEWEST) =>
  refusalOf(() => parseBody(definition, body, version));

describe("InvalidRequestBody", () => {
  test.each([null, undefined, [], "text", 1, true])("%j is no object", (body) => {
    expect(refused("TaskAddParameter", body)).toEqual({ code: "InvalidRequestBody", property: undefined });
  });

  test.each([
    [{ ...task, colour: "blue" }, "colour"],
    [{ ...task, colour: null }, "colour"],
    [{ ...task, constraints: { colour: "blue" } }, "constraints.colour"],
    [{ ...task, resourceFiles: [{}, { colour: "blue" }] }, "resourceFiles[1].colour"],
    [{ ...task, toString: "x" }, "toString"],
    [JSON.parse('{"id":"t","commandLine":"x","__proto__":{}}'), "__proto__"],
  ])("a property that is not there: %j", (body, property) => {
    expect(refused("TaskAddParameter", body)).toEqual({ code: "InvalidRequestBody", property });
  });

  test("a property of another version", () => {
    expect(refused("PoolResizeParameter", { targetDedicated: 1 })).toEqual({ code: "InvalidRequestBody", property: "targetDedicated" });
    expect(refused("PoolResizeParameter", { targetDedicatedNodes: 1 }, "2017-01-01.4.0").property).toBe("targetDedicatedNodes");
  });

  test("a property that only the service sets", () => {
    const imageReference = { publisher: "p", offer: "o", sku: "s", exactVersion: "1" };
    const body = { id: "p", vmSize: "s", virtualMachineConfiguration: { nodeAgentSKUId: "n", imageReference } };
    expect(refused("PoolAddParameter", body)).toEqual({
      code: "InvalidRequestBody",
      property: "virtualMachineConfiguration.imageReference.exactVersion",
    });
  });

  test.each([
    [{ ...task, id: 1 }, "id"],
    [{ ...task, requiredSlots: "one" }, "requiredSlots"],
    [{ ...task, requiredSlots: "" }, "requiredSlots"],
    [{ ...task, requiredSlots: 1.5 }, "requiredSlots"],
    [{ ...task, constraints: "PT1H" }, "constraints"],
    [{ ...task, constraints: { maxWallClockTime: 60 } }, "constraints.maxWallClockTime"],
    [{ ...task, resourceFiles: {} }, "resourceFiles"],
    [{ ...task, environmentSettings: [null] }, "environmentSettings[0]"],
    [{ ...task, dependsOn: { taskIds: ["a", 1] } }, "dependsOn.taskIds[1]"],
    [{ ...task, userIdentity: { autoUser: { scope: 1 } } }, "userIdentity.autoUser.scope"],
  ])("a value of another type: %j", (body, property) => {
    expect(refused("TaskAddParameter", body)).toEqual({ code: "InvalidRequestBody", property });
  });

  test("a whole number may come as its digits, as `az batch` sends some", () => {
    expect(parseBody("TaskAddParameter", { ...task, requiredSlots: "2" }, NEWEST)).toMatchObject({ requiredSlots: 2 });
    expect(refused("PoolResizeParameter", { targetDedicatedNodes: "99999999999" }).code).toBe("InvalidPropertyValue");
  });

  test("booleans, numbers and maps are held to their types as well", () => {
    expect(refused("JobAddParameter", { id: "j", poolInfo: {}, usesTaskDependencies: "true" }).property).toBe("usesTaskDependencies");
    expect(refused("PoolAddParameter", { id: "p", vmSize: "s", resourceTags: { a: 1 } }).property).toBe("resourceTags.a");
    expect(refused("PoolAddParameter", { id: "p", vmSize: "s", resourceTags: ["a"] }).property).toBe("resourceTags");
  });
});

describe("MissingRequiredProperty", () => {
  test.each([
    [{ commandLine: "x" }, "id"],
    [{ id: null, commandLine: "x" }, "id"],
    [{ id: "t" }, "commandLine"],
    [{ ...task, environmentSettings: [{ value: "x" }] }, "environmentSettings[0].name"],
  ])("%j", (body, property) => {
    expect(refused("TaskAddParameter", body)).toEqual({ code: "MissingRequiredProperty", property });
  });

  test("what a version requires", () => {
    expect(refused("ResourceFile", { filePath: "a" }, "2018-08-01.7.0")).toEqual({
      code: "MissingRequiredProperty",
      property: "blobSource",
    });
    expect(refused("PoolResizeParameter", {}, "2017-01-01.4.0").property).toBe("targetDedicated");
  });
});

describe("InvalidPropertyValue", () => {
  test.each([
    [{ ...task, userIdentity: { autoUser: { scope: "everywhere" } } }, "userIdentity.autoUser.scope"],
    [{ ...task, userIdentity: { autoUser: { scope: "constructor" } } }, "userIdentity.autoUser.scope"],
    [{ ...task, constraints: { maxWallClockTime: "1 hour" } }, "constraints.maxWallClockTime"],
    [{ ...task, constraints: { maxTaskRetryCount: 2 ** 31 } }, "constraints.maxTaskRetryCount"],
    [{ ...task, commandLine: "x".repeat(131_073) }, "commandLine"],
  ])("%j", (body, property) => {
    expect(refused("TaskAddParameter", body)).toEqual({ code: "InvalidPropertyValue", property });
  });

  test("a value of a newer version", () => {
    const settings = { imageName: "i", workingDirectory: "taskWorkingDirectory" };
    expect(refused("TaskContainerSettings", settings, "2018-12-01.8.0")).toEqual({
      code: "InvalidRequestBody",
      property: "workingDirectory",
    });
    expect(refused("ContainerConfiguration", { type: "criCompatible" }, "2022-10-01.16.0")).toEqual({
      code: "InvalidPropertyValue",
      property: "type",
    });
  });

  test("a time that is none, a list that is too long, JSON that is too deep, a number out of its published range", () => {
    expect(refused("Schedule", { doNotRunUntil: "tomorrow" }).property).toBe("doNotRunUntil");
    expect(refused("TaskAddCollectionParameter", { value: Array(101).fill(task) })).toEqual({
      code: "InvalidPropertyValue",
      property: "value",
    });
    let settings: unknown = {};
    for (let depth = 0; depth < 100; depth++) settings = { settings };
    const extension = { name: "n", publisher: "p", type: "t", settings };
    expect(refused("VMExtension", extension)).toEqual({ code: "InvalidPropertyValue", property: "settings" });
    expect(refused("RollingUpgradePolicy", { maxBatchInstancePercent: 101 }).property).toBe("maxBatchInstancePercent");
  });
});

test("a definition that does not exist is the caller's mistake, not the client's", () => {
  expect(() => parseBody("Nonsense", {}, NEWEST)).toThrow(/no definition is called Nonsense/);
  expect(() => renderBody("Nonsense", {}, NEWEST)).toThrow(/no definition is called Nonsense/);
});
