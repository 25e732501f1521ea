import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { formsOf } from "./main-job/forms.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const sh = (script: string) => `/bin/sh -c '${script}'`;

/** Tasks that depend on one another, and jobs that act on failures, by each official client. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let client: Client;
  let poolId: string;
  let acting: string;
  beforeAll(async () => {
    client = connect(server);
    poolId = `pool-${client.year}`;
    acting = client.year === 2017 ? "performExitOptionsJobAction" : "performexitoptionsjobaction";
    const forms = formsOf(client);
    await client.call("pool", "add", {
      id: poolId,
      vmSize: "standard_d2_v3",
      virtualMachineConfiguration: {
        imageReference: { publisher: "canonical", offer: "0001-com-ubuntu-server-jammy", sku: "22_04-lts" },
        nodeAgentSKUId: "batch.node.ubuntu 22.04",
      },
      ...forms.targets(1),
      ...forms.slots(4),
    });
  });

  async function job(id: string, more: Doc = { usesTaskDependencies: true }): Promise<string> {
    const jobId = `${id}-${client.year}`;
    await client.call("job", "add", { id: jobId, poolInfo: { poolId }, ...more });
    return jobId;
  }
  const add = (jobId: string, tasks: Doc[]) => client.call("task", "addCollection", jobId, tasks);
  async function ended(jobId: string, taskId: string): Promise<Doc> {
    const answer = await until(
      `the end of ${taskId}`,
      () => client.call("task", "get", jobId, taskId),
      (seen) => wire(seen).state === "completed",
    );
    return wire(answer);
  }
  const stateOf = async (jobId: string, taskId: string) => wire(await client.call("task", "get", jobId, taskId)).state;

  it("runs tasks in the order of their ids' and ranges' dependencies, and shows them again", async () => {
    const jobId = await job("order");
    const dependsOn = { taskIds: ["b"], taskIdRanges: [{ start: 1, end: 3 }] };
    await add(jobId, [
      { id: "last", commandLine: sh("date +%s%N"), dependsOn },
      { id: "b", commandLine: sh("date +%s%N"), dependsOn: { taskIds: ["a"] } },
      { id: "a", commandLine: sh("sleep 0.3; date +%s%N") },
      { id: "1", commandLine: sh("date +%s%N") },
      { id: "002", commandLine: sh("date +%s%N") },
    ]);
    await ended(jobId, "b");
    expect(await stateOf(jobId, "last")).toBe("active");
    await client.call("task", "add", jobId, { id: "3", commandLine: sh("date +%s%N") });
    const last = await ended(jobId, "last");
    expect(last.executionInfo).toMatchObject({ exitCode: 0 });
    expect(last.dependsOn).toEqual(dependsOn);
    const times = await Promise.all(
      ["a", "b", "last"].map(async (id) => BigInt((await client.call("file", "getFromTask", jobId, id, "stdout.txt")).text.trim())),
    );
    expect(times).toEqual([...times].sort((x, y) => (x < y ? -1 : 1)));
  });

  it("blocks behind a failure, and lets one satisfy where its exit conditions say so", async () => {
    const jobId = await job("conditions");
    const exitConditions = {
      exitCodes: [{ code: 4, exitOptions: { dependencyAction: "satisfy" } }],
      exitCodeRanges: [{ start: 1, end: 9, exitOptions: { dependencyAction: "block" } }],
      default: { dependencyAction: "satisfy" },
    };
    const exits = (id: string, code: number) => ({ id, commandLine: sh(`exit ${code}`), exitConditions });
    const behind = (id: string, upstream: string) => ({ id, commandLine: sh("true"), dependsOn: { taskIds: [upstream] } });
    await add(jobId, [
      exits("four", 4),
      exits("five", 5),
      exits("ten", 10),
      behind("b4", "four"),
      behind("b5", "five"),
      behind("b10", "ten"),
    ]);
    expect((await ended(jobId, "b4")).executionInfo).toMatchObject({ exitCode: 0 });
    expect((await ended(jobId, "b10")).executionInfo).toMatchObject({ exitCode: 0 });
    expect((await ended(jobId, "five")).exitConditions).toEqual(exitConditions);
    expect(await stateOf(jobId, "b5")).toBe("active");
  });

  it("ends or disables a job by the exit of a task", async () => {
    const ending = await job("ending", { onTaskFailure: acting });
    const disabling = await job("disabling", { onTaskFailure: acting });
    await client.call("task", "add", ending, { id: "t", commandLine: sh("exit 1") });
    const exitConditions = { exitCodes: [{ code: 2, exitOptions: { jobAction: "disable" } }] };
    await client.call("task", "add", disabling, { id: "t", commandLine: sh("exit 2"), exitConditions });
    const jobState = (jobId: string, state: string) =>
      until(
        `${jobId} ${state}`,
        () => client.call("job", "get", jobId),
        (seen) => wire(seen).state === state,
      );
    expect(wire(await jobState(ending, "completed")).executionInfo).toMatchObject({ terminateReason: "TaskFailed" });
    await jobState(disabling, "disabled");
  });

  it("refuses what its job does not do, and ranges that are backwards", async () => {
    const jobId = await job("plain", {});
    const refusals = await Promise.all(
      [
        { dependsOn: { taskIds: ["x"] } },
        { exitConditions: { default: { jobAction: "terminate" } } },
        { dependsOn: { taskIdRanges: [{ start: 2, end: 1 }] } },
        { dependsOn: { taskIds: Array.from({ length: 1_001 }, (_, i) => String(i).padStart(64, "0")) } },
      ].map((more) => client.call("task", "add", jobId, { id: "t", commandLine: sh("true"), ...more }).catch((error: unknown) => error)),
    );
    expect(refusals.map(codeOf)).toEqual([
      "TaskDependenciesNotSpecifiedOnJob",
      "InvalidPropertyValue",
      "InvalidPropertyValue",
      "TaskDependencyListTooLong",
    ]);
    expect(wire(await client.call("task", "list", jobId)).value).toEqual([]);
  });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});

function codeOf(error: unknown): unknown {
  const { body, code } = error as { body?: { code?: string }; code?: string };
  return body?.code ?? code;
}
