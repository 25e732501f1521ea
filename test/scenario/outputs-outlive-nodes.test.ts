import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { BatchServiceClient } from "@azure/batch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addJob, readyPool, textOf, untilComplete } from "../support/work.ts";

describe.skipIf(process.platform === "win32")("what tasks wrote to stdout and stderr", () => {
  let server: TestServer;
  let client: BatchServiceClient;

  beforeEach(async () => {
    server = await startTestServer();
    client = clientOf(server.url);
    await readyPool(client, "p", 2, 1);
    await addJob(client, "j", "p", 10, "/bin/sh -c 'echo $AZ_BATCH_TASK_ID; echo oh >&2; echo x > result.txt'");
    await untilComplete(client, "j", 10);
  });
  afterEach(async () => {
    await server.close();
    expect(server.errors).toEqual([]);
  });

  const noNodes = () =>
    until(
      "no nodes",
      async () => existsSync(join(server.data, "nodes")) && readdirSync(join(server.data, "nodes")),
      (left) => left && left.length === 0,
    );
  const names = async (taskId: string) => (await client.file.listFromTask("j", taskId, { recursive: true })).map(({ name }) => name).sort();
  const kept = () => readdirSync(join(server.data, "kept")).filter((name) => !name.startsWith("."));

  it("stays readable when the pool has shrunk to nothing, and goes with its task and its job", async () => {
    await client.pool.resize("p", { targetDedicatedNodes: 0 });
    await noNodes();
    for (const id of ["t0000", "t0009"]) {
      expect(await textOf(client, "j", id, "stdout.txt")).toBe(`${id}\n`);
      expect(await textOf(client, "j", id, "stderr.txt")).toBe("oh\n");
      expect(await names(id)).toEqual(["stderr.txt", "stdout.txt"]);
      await expect(textOf(client, "j", id, "wd/result.txt")).rejects.toMatchObject({ statusCode: 404 });
    }
    await client.file.deleteFromTask("j", "t0001", "stderr.txt");
    expect(await names("t0001")).toEqual(["stdout.txt"]);
    const node = kept().find((name) => existsSync(join(server.data, "kept", name, "workitems/j/job-1/t0000"))) ?? "";
    await client.task.deleteMethod("j", "t0000");
    expect(existsSync(join(server.data, "kept", node, "workitems/j/job-1/t0000"))).toBe(false);
    await client.job.deleteMethod("j");
    await until(
      "nothing kept",
      async () => kept(),
      (left) => left.length === 0,
    );
  });

  it("stays readable when the pool is deleted", async () => {
    await client.pool.deleteMethod("p");
    await until(
      "no pool",
      () => client.pool.exists("p"),
      ({ body }) => body === false,
    );
    await noNodes();
    expect(await textOf(client, "j", "t0005", "stdout.txt")).toBe("t0005\n");
  });
});
