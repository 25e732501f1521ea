import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { CLIENTS, type Client, type Doc, wire } from "./clients/index.ts";
import { formsOf } from "./main-job/forms.ts";
import { rawSender } from "./raw.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const sh = (script: string) => `/bin/sh -c '${script}'`;

/** What tasks may ask for beside their command, and why they wait, by each official client. */
describe.each(CLIENTS)("%s", (_name, connect) => {
  let client: Client;
  let poolId: string;
  let jobId: string;
  beforeAll(async () => {
    client = connect(server);
    [poolId, jobId] = [`pool-${client.year}`, `job-${client.year}`];
    await client.call("pool", "add", {
      id: poolId,
      vmSize: "standard_d2_v3",
      virtualMachineConfiguration: {
        imageReference: { publisher: "canonical", offer: "0001-com-ubuntu-server-jammy", sku: "22_04-lts" },
        nodeAgentSKUId: "batch.node.ubuntu 22.04",
      },
      ...formsOf(client).targets(1),
      ...formsOf(client).slots(2),
    });
    await client.call("job", "add", { id: jobId, poolInfo: { poolId } });
  });

  const reaches = (taskId: string, state: string) =>
    until(
      `${taskId} ${state}`,
      () => client.call("task", "get", jobId, taskId),
      (seen) => wire(seen).state === state,
    );
  const ended = async (taskId: string): Promise<Doc> => wire(await reaches(taskId, "completed"));

  it("updates a task's constraints, and ends a task by its wall clock in the version's own form", async () => {
    await client.call("task", "add", jobId, { id: "later", commandLine: sh("true") });
    await ended("later");
    await client.call("task", "add", jobId, {
      id: "slow",
      commandLine: sh("exec sleep 60"),
      constraints: { maxWallClockTime: client.duration("PT1S"), maxTaskRetryCount: 3 },
    });
    await client.call("task", "update", jobId, "slow", {
      constraints: { maxWallClockTime: client.duration("PT2S"), maxTaskRetryCount: 5 },
    });
    const slow = await ended("slow");
    expect(slow.constraints).toMatchObject({ maxTaskRetryCount: 5 });
    expect(slow.executionInfo).toMatchObject({ retryCount: 0, ...formsOf(client).failure("TaskEnded") });
    if (client.year === 2017) expect(slow.executionInfo).toMatchObject({ exitCode: -1073741510 });
  });

  it("gives a task a token for its job alone, as long as it runs", async () => {
    await client.call("task", "add", jobId, {
      id: "token",
      commandLine: sh("echo $AZ_BATCH_AUTHENTICATION_TOKEN; exec sleep 100"),
      authenticationTokenSettings: { access: ["job"] },
    });
    const token = await until(
      "the token",
      async () => (await client.call("file", "getFromTask", jobId, "token", "stdout.txt").catch(() => undefined))?.text.trim() ?? "",
      (text) => text !== "",
    );
    const send = rawSender(server);
    const status = async (path: string) =>
      (await send("GET", path, { unsigned: true, headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status(`/jobs/${jobId}`)).toBe(200);
    expect(await status(`/jobs/${jobId}/tasks/token`)).toBe(200);
    expect(await status("/pools")).toBe(403);
    expect(await status(`/jobs/${jobId}-2`)).toBe(403);
    expect(await status(`/jobs`)).toBe(403);
    await client.call("task", "terminate", jobId, "token");
    await ended("token");
    expect(await status(`/jobs/${jobId}`)).toBe(403);
  });

  it("keeps a task's output files in a container", async () => {
    if (client.year === 2017) return;
    const send = rawSender(server);
    const granted = await send("POST", `/shoal/containers/out-${client.year}/url`, {
      body: { permissions: "rwl", hours: 1 },
      version: null,
    });
    const { url } = JSON.parse(granted.text) as { url: string };
    const output = (filePattern: string, path: string, uploadCondition: string, containerUrl = url) => ({
      filePattern,
      destination: { container: { path, containerUrl } },
      uploadOptions: { uploadCondition },
    });
    const unsigned = url.split("?")[0];
    await client.call("task", "add", jobId, {
      id: "outputs",
      commandLine: sh("mkdir d; echo one > d/1.txt; echo two > d/2.txt; echo said"),
      outputFiles: [
        output("**/*.txt", "texts", "taskcompletion"),
        output("../stdout.txt", "log.txt", "tasksuccess", unsigned),
        output("d/1.txt", "never.txt", "taskfailure"),
      ],
    });
    expect((await ended("outputs")).executionInfo).toMatchObject({ exitCode: 0, result: "success" });
    const listed = await fetch(`${url}&restype=container&comp=list`);
    const names = [...(await listed.text()).matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name);
    expect(names).toEqual(["log.txt", "texts/d/1.txt", "texts/d/2.txt"]);
    await client.call("task", "add", jobId, {
      id: "refused",
      commandLine: sh("true"),
      constraints: { maxTaskRetryCount: 3 },
      outputFiles: [output("../stdout.txt", "x", "taskcompletion", `${url}x`)],
    });
    expect((await ended("refused")).executionInfo).toMatchObject({
      exitCode: 0,
      result: "failure",
      retryCount: 0,
      failureInfo: { code: "FileUploadAccessDenied", category: "usererror" },
    });
  });

  it("runs a task in a container by the engine that the node has, and says so where there is none", async () => {
    if (client.year === 2017) return;
    const engine = mkdtempSync(join(tmpdir(), "shoal-engine-"));
    // Stands for Docker: tells how it was called, and that the task's environment came along.
    writeFileSync(join(engine, "docker"), '#!/bin/sh\necho "$@"\necho "$OWN"\n', { mode: 0o755 });
    const container = (id: string, path: string) => ({
      id,
      commandLine: "program 'an argument'",
      containerSettings: { imageName: "image:1", containerRunOptions: "--cpus 1" },
      environmentSettings: [
        { name: "PATH", value: path },
        { name: "OWN", value: "of the task" },
      ],
    });
    await client.call("task", "add", jobId, container("contained", `${engine}:/bin:/usr/bin`));
    await client.call("task", "add", jobId, container("nowhere", "/nowhere"));
    expect((await ended("contained")).executionInfo).toMatchObject({ exitCode: 0 });
    const { text } = await client.call("file", "getFromTask", jobId, "contained", "stdout.txt");
    expect(text).toMatch(
      /^run --rm --name shoal-\S+-contained-1 --volume .* --env OWN .*--cpus 1 image:1 program an argument\nof the task\n$/,
    );
    expect((await ended("nowhere")).executionInfo).toMatchObject({
      failureInfo: { category: "usererror", code: "ContainerEngineNotFound" },
    });
    rmSync(engine, { recursive: true });
  });

  it("runs no more tasks of a job at a time than it may", async () => {
    if (client.year !== 2022) return;
    await client.call("job", "add", { id: "few", poolInfo: { poolId }, maxParallelTasks: 1 });
    const tasks = ["a", "b", "c"].map((id) => ({ id, commandLine: sh("date +%s%N; sleep 0.2; date +%s%N") }));
    await client.call("task", "addCollection", "few", tasks);
    await until(
      "all tasks",
      () => client.call("job", "getTaskCounts", "few"),
      (seen) => (wire(seen).taskCounts as { completed: number }).completed === 3,
    );
    const spans = await Promise.all(
      tasks.map(async ({ id }) => (await client.call("file", "getFromTask", "few", id, "stdout.txt")).text.trim().split("\n").map(BigInt)),
    );
    spans.sort(([x = 0n], [y = 0n]) => (x < y ? -1 : 1));
    for (const [index, [start = 0n]] of spans.entries()) if (index > 0) expect(start > (spans[index - 1]?.[1] ?? 0n)).toBe(true);
  });

  it("says why a task waits", async () => {
    const id = `waits-${client.year}`;
    await client.call("job", "add", { id, poolInfo: { poolId: "nowhere" }, usesTaskDependencies: true });
    await client.call("task", "add", id, { id: "t", commandLine: sh("true"), dependsOn: { taskIds: ["t"] } });
    const send = rawSender(server);
    const task = JSON.parse((await send("GET", `/shoal/jobs/${id}/tasks/t/why`, { version: null })).text) as Doc;
    expect(task).toMatchObject({
      jobId: id,
      taskId: "t",
      state: "active",
      reasons: [{ code: "DependencyCycle", cycle: ["t"] }, { code: "Blocked" }],
    });
    const job = JSON.parse((await send("GET", `/shoal/jobs/${id}/why`, { version: null })).text) as Doc;
    expect(job).toMatchObject({ reasons: [{ code: "PoolMissing", message: expect.stringContaining("nowhere") }] });
    expect((await send("GET", `/shoal/jobs/${id}/why`, { version: null, unsigned: true })).status).toBe(400);
    expect((await send("GET", "/shoal/jobs/nobody/why", { version: null })).status).toBe(404);
  });
});

it("did all of that without an error of the service's own", () => {
  expect(server.errors).toEqual([]);
});
