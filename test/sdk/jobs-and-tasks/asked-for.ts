import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { signedUrl } from "../raw.ts";
import { type Stage, sh } from "./stage.ts";

/** What tasks may ask for beside their command. */
export function tasksAskFor(stage: () => Stage): void {
  it("gives a task a token for its job alone, as long as it runs", async () => {
    const jobId = await stage().job("token");
    const commandLine = sh("echo $AZ_BATCH_AUTHENTICATION_TOKEN; exec sleep 100");
    await stage().add(jobId, { id: "token", commandLine, authenticationTokenSettings: { access: ["job"] } });
    const token = await until(
      "the token",
      async () =>
        (
          await stage()
            .stdout(jobId, "token")
            .catch(() => "")
        ).trim(),
      (text) => text !== "",
    );
    const status = async (path: string) =>
      (await stage().send("GET", path, { unsigned: true, headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status(`/jobs/${jobId}`)).toBe(200);
    expect(await status(`/jobs/${jobId}/tasks/token`)).toBe(200);
    expect(await status("/pools")).toBe(403);
    expect(await status(`/jobs/${jobId}-2`)).toBe(403);
    expect(await status("/jobs")).toBe(403);
    await stage().client.call("task", "terminate", jobId, "token");
    await stage().ended(jobId, "token");
    expect(await status(`/jobs/${jobId}`)).toBe(403);
  });

  it("keeps a task's output files in a container", async () => {
    const { client, send, server } = stage();
    if (client.year === 2017) return;
    const jobId = await stage().job("outputs");
    const container = stage().named("out");
    const url = (await signedUrl(send, container, "rwl")).href;
    const output = (filePattern: string, path: string, uploadCondition: string, containerUrl = url) => ({
      filePattern,
      destination: { container: { path, containerUrl } },
      uploadOptions: { uploadCondition },
    });
    const outputFiles = [
      output("**/*.txt", "texts", "taskcompletion"),
      output("../stdout.txt", "log.txt", "tasksuccess", `${server.url}/storage/${container}`),
      output("d/1.txt", "never.txt", "taskfailure"),
    ];
    const commandLine = sh("mkdir d; echo one > d/1.txt; echo two > d/2.txt; echo said");
    await stage().add(
      jobId,
      { id: "outputs", commandLine, outputFiles },
      {
        id: "refused",
        commandLine: sh("true"),
        constraints: { maxTaskRetryCount: 3 },
        outputFiles: [output("../stdout.txt", "x", "taskcompletion", `${url}x`)],
      },
    );
    const task = await stage().ended(jobId, "outputs");
    expect(task.executionInfo).toMatchObject({ exitCode: 0, result: "success" });
    const listed = await fetch(`${url}&restype=container&comp=list`);
    const names = [...(await listed.text()).matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name);
    expect(names).toEqual(["log.txt", "texts/d/1.txt", "texts/d/2.txt"]);
    expect((await stage().ended(jobId, "refused")).executionInfo).toMatchObject({
      exitCode: 0,
      result: "failure",
      retryCount: 0,
      failureInfo: { code: "FileUploadAccessDenied", category: "usererror" },
    });
  });

  it("runs a task in a container by the engine that the node has, and says so where there is none", async () => {
    const { client } = stage();
    if (client.year === 2017) return;
    const jobId = await stage().job("contained");
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
    await stage().add(jobId, container("contained", `${engine}:/bin:/usr/bin`), container("nowhere", "/nowhere"));
    expect((await stage().ended(jobId, "contained")).executionInfo).toMatchObject({ exitCode: 0 });
    expect(await stage().stdout(jobId, "contained")).toMatch(
      /^run --rm --name shoal-\S+-contained-1 --volume .* --env OWN .*--cpus 1 image:1 program an argument\nof the task\n$/,
    );
    expect((await stage().ended(jobId, "nowhere")).executionInfo).toMatchObject({
      failureInfo: { category: "usererror", code: "ContainerEngineNotFound" },
    });
    rmSync(engine, { recursive: true });
  });

  it("answers why to those alone who may ask", async () => {
    const { send } = stage();
    const jobId = await stage().job("asked");
    expect((await send("GET", `/shoal/jobs/${jobId}/why`, { version: null, unsigned: true })).status).toBe(400);
    expect((await send("GET", "/shoal/jobs/nobody/why", { version: null })).status).toBe(404);
  });
}
