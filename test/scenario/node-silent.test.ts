import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchServiceClient } from "@azure/batch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addJob, noting, readyPool, runsIn, tasksOf, untilComplete } from "../support/work.ts";

describe.skipIf(process.platform !== "linux")("a node's agent stands still", () => {
  let server: TestServer;
  let client: BatchServiceClient;
  let stopped: number | undefined;

  beforeEach(async () => {
    server = await startTestServer({ settings: { heartbeatSeconds: 0.2, lostAfterSeconds: 6, sweepSeconds: 0.3 } });
    client = clientOf(server.url);
  });
  afterEach(async () => {
    if (stopped !== undefined) process.kill(stopped, "SIGCONT");
    stopped = undefined;
    await server.close();
  });

  it("for a while: it is unknown and given nothing, then works on, and what ran there ran once", async () => {
    await readyPool(client, "p", 1, 2);
    const notes = join(server.data, "notes");
    const gate = join(server.data, "gate");
    mkdirSync(notes);
    await addJob(client, "j", "p", 1, noting(notes, `until test -e ${gate}; do sleep 0.05; done;`));
    const nodes = async () => [...(await client.computeNode.list("p"))];
    const [{ id = "" } = {}] = await until("it running", nodes, ([node]) => node?.state === "running");
    const machineId = /^tvmps_(.+)_d$/.exec(id)?.[1] ?? "";
    const pid: number = JSON.parse(readFileSync(join(server.data, "nodes", machineId, "machine.json"), "utf8")).process.pid;
    process.kill(pid, "SIGSTOP");
    stopped = pid;
    await until("it unknown", nodes, ([node]) => node?.state === "unknown");
    await client.task.add("j", { id: "more", commandLine: noting(notes) });
    process.kill(pid, "SIGCONT");
    await until("it running again", nodes, ([node]) => node?.state === "running");
    await until(
      "the task that came meanwhile",
      async () => (await client.task.get("j", "more")).state,
      (state) => state === "completed",
    );
    mkdirSync(gate);
    await untilComplete(client, "j", 2);
    expect((await nodes()).map((node) => node.id)).toEqual([id]);
    for (const task of await tasksOf(client, "j")) expect(task.executionInfo).toMatchObject({ result: "success", requeueCount: 0 });
    expect([...runsIn(notes).values()]).toEqual([1, 1]);
    expect(server.errors).toEqual([]);
  });
});
