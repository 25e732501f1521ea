import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Answer, type Doc, wire } from "../clients/index.ts";
import { aTime } from "./forms.ts";
import { many, pages, type Scene } from "./scene.ts";

const COMMAND = '/bin/sh -c \'echo 0123456789; mkdir -p "deep/a b"; printf content > "deep/a b/ü.txt"; printf x > deep/x.txt\'';

/** Files are listed, read and deleted, those of a task and those of a node. */
export function filesAreServed(scene: () => Scene): void {
  it("lists the files of a task, a directory or all of it, page by page", async () => {
    const { client, jobId, server } = scene();
    await client.call("task", "add", jobId, { id: "writes", commandLine: COMMAND });
    const task = () => client.call("task", "get", jobId, "writes");
    await until("it ended", task, (seen) => wire(seen).state === "completed");
    const list = async (options?: Doc) =>
      many(scene(), await client.call("file", "listFromTask", jobId, "writes", options), "NodeFile", "files");
    const url = `${server.url}/jobs/${jobId}/tasks/writes/files`;
    const file = (contentLength: number) => ({
      creationTime: aTime,
      lastModified: aTime,
      contentLength,
      contentType: "text/plain",
      fileMode: expect.stringMatching(/^0100[0-7]{3}$/),
    });
    expect(await list()).toEqual([
      { name: "stderr.txt", url: `${url}/stderr.txt`, isDirectory: false, properties: file(0) },
      { name: "stdout.txt", url: `${url}/stdout.txt`, isDirectory: false, properties: file(11) },
      { name: "wd", url: `${url}/wd`, isDirectory: true },
    ]);
    const all = await list({ recursive: true });
    const names = ["stderr.txt", "stdout.txt", "wd", "wd/deep", "wd/deep/a b", "wd/deep/a b/ü.txt", "wd/deep/x.txt"];
    expect(all.map(({ name }) => name)).toEqual(names);
    expect(all[5]).toEqual({ name: "wd/deep/a b/ü.txt", url: `${url}/wd/deep/a%20b/%C3%BC.txt`, isDirectory: false, properties: file(7) });
    const filter = "startswith(name,'wd/deep/')";
    expect((await list({ fileListFromTaskOptions: { filter } })).map(({ name }) => name)).toEqual(["wd/deep/a b", "wd/deep/x.txt"]);
    const first = await client.call("file", "listFromTask", jobId, "writes", {
      recursive: true,
      fileListFromTaskOptions: { maxResults: 3 },
    });
    const found = (await pages(scene(), "file", first, "listFromTaskNext")).map((page) =>
      (wire(page).value as Doc[]).map(({ name }) => name),
    );
    expect(found).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)]);
  });

  it("reads a file, parts of it, and what is known of it", async () => {
    const { client, jobId, server } = scene();
    const get = (path: string, options: Doc = {}) =>
      client.call("file", "getFromTask", jobId, "writes", path, { fileGetFromTaskOptions: options });
    const whole = await get("stdout.txt");
    expectFile(whole, `${server.url}/jobs/${jobId}/tasks/writes/files/stdout.txt`, 11);
    expect(whole.text).toBe("0123456789\n");
    expect((await get("wd/deep/a b/ü.txt")).text).toBe("content");
    for (const [ocpRange, text] of [
      ["bytes=1-2", "12"],
      ["bytes=8-", "89\n"],
      ["bytes=5-500", "56789\n"],
    ] as const) {
      const part = await get("stdout.txt", { ocpRange });
      expect([part.status, part.text, part.header("content-length")]).toEqual([200, text, String(text.length)]);
    }
    const known = await client.call("file", "getPropertiesFromTask", jobId, "writes", "stdout.txt");
    expectFile(known, `${server.url}/jobs/${jobId}/tasks/writes/files/stdout.txt`, 11);
    expect(known.text).toBe("");
    if (client.year === 2022) {
      expect(known.value).toMatchObject({
        contentLength: 11,
        contentType: "text/plain",
        ocpBatchFileIsdirectory: "False",
        ocpBatchFileMode: expect.stringMatching(/^0100/),
      });
    }
    const directory = await client.call("file", "getPropertiesFromTask", jobId, "writes", "wd");
    expect([directory.status, directory.header("ocp-batch-file-isdirectory")]).toEqual([200, "True"]);
  });

  it("reads a file only where it changed since, or did not", async () => {
    const { client, jobId } = scene();
    const [before, after] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)];
    const get = (options: Doc) =>
      client.call("file", "getPropertiesFromTask", jobId, "writes", "stdout.txt", { fileGetPropertiesFromTaskOptions: options });
    expect((await get({ ifModifiedSince: before })).status).toBe(200);
    expect((await get({ ifUnmodifiedSince: after })).status).toBe(200);
    await expect(get({ ifModifiedSince: after })).rejects.toMatchObject({ statusCode: 304 });
    await expect(get({ ifUnmodifiedSince: before })).rejects.toMatchObject({ statusCode: 412 });
  });

  it("deletes files of a task, and a directory only when told to", async () => {
    const { client, jobId } = scene();
    const remove = (path: string, options: Doc = {}) => client.call("file", "deleteFromTask", jobId, "writes", path, options);
    const code = (promise: Promise<Answer>) =>
      promise.then(
        () => "done",
        (error: { code: string }) => error.code,
      );
    expect((await remove("wd/deep/x.txt")).status).toBe(200);
    expect(await code(remove("wd/deep/x.txt"))).toBe("FileNotFound");
    expect(await code(remove("wd/deep"))).toBe("OperationInvalidForCurrentState");
    expect((await remove("wd/deep", { recursive: true })).status).toBe(200);
    const left = wire(await client.call("file", "listFromTask", jobId, "writes", { recursive: true })).value as Doc[];
    expect(left.map(({ name }) => name)).toEqual(["stderr.txt", "stdout.txt", "wd"]);
  });

  it("serves the files of a node in the same way", async () => {
    const { client, jobId, poolId, server } = scene();
    const { nodeId } = wire(await client.call("task", "get", jobId, "writes")).nodeInfo as { nodeId: string };
    const listed = await client.call("file", "listFromComputeNode", poolId, nodeId, { recursive: true });
    const names = many(scene(), listed, "NodeFile", "files").map(({ name }) => name);
    const stdout = `workitems/${jobId}/job-1/writes/stdout.txt`;
    expect(names).toEqual(
      expect.arrayContaining([
        "applications",
        "fsmounts",
        "shared",
        "shared/mode",
        "startup",
        "startup/stdout.txt",
        "startup/wd",
        "volatile",
        "workitems",
        stdout,
      ]),
    );
    const got = await client.call("file", "getFromComputeNode", poolId, nodeId, stdout);
    expectFile(got, `${server.url}/pools/${poolId}/nodes/${nodeId}/files/${stdout}`, 11);
    expect(got.text).toBe("0123456789\n");
    const known = await client.call("file", "getPropertiesFromComputeNode", poolId, nodeId, "shared/mode");
    expect([known.status, known.header("content-length")]).toEqual([200, "8"]);
    expect((await client.call("file", "deleteFromComputeNode", poolId, nodeId, stdout)).status).toBe(200);
    await expect(client.call("file", "getPropertiesFromTask", jobId, "writes", "stdout.txt")).rejects.toMatchObject({ statusCode: 404 });
  });
}

/** The headers that every version gives of a file. */
function expectFile(answer: Answer, url: string, size: number): void {
  expect(answer.status).toBe(200);
  expect(answer.header("content-length")).toBe(String(size));
  expect(answer.header("content-type")).toBe("text/plain");
  expect(answer.header("ocp-batch-file-isdirectory")).toBe("False");
  expect(decodeURIComponent(answer.header("ocp-batch-file-url") ?? "")).toBe(url);
  expect(answer.header("ocp-batch-file-mode")).toMatch(/^0100[0-7]{3}$/);
  for (const name of ["last-modified", "ocp-creation-time"])
    expect(Date.parse(answer.header(name) ?? "")).toBeGreaterThan(Date.now() - 600_000);
}
