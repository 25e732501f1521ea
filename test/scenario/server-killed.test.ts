import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/server.ts";
import { type ServerProgram, startProgram } from "../support/server-program.ts";
import { addJob, addPool, noting, processesOf, readyPool, runsIn, taskId, tasksOf, untilComplete, untilIdle } from "../support/work.ts";

describe.skipIf(process.platform === "win32")("the server is killed in the middle of a job", () => {
  let folder: string;
  let data: string;
  let notes: string;
  let server: ServerProgram | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shoal-killed-"));
    data = join(folder, "data");
    notes = join(folder, "notes");
    mkdirSync(notes);
  });
  afterEach(async () => {
    await server?.end("SIGTERM");
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (port: string) => {
    server = await startProgram(["--data", data, "--port", port]);
    return server;
  };

  it("three times, on the same port and on another: each of 1,000 tasks ends, having run once", async () => {
    const first = await start("0");
    await readyPool(first.client, "p", 2, 4);
    await addJob(first.client, "j", "p", 1_000, noting(notes, "", "sleep 0.01"));
    const { port } = new URL(first.url);
    let killed = first;
    for (const [done, nextPort] of [
      [100, port],
      [400, "0"],
      [700, port],
    ] as const) {
      await until(
        `${done} runs`,
        async () => runsIn(notes).size,
        (runs) => runs >= done,
      );
      await killed.end("SIGKILL");
      killed = await start(nextPort);
    }
    const { client } = killed;
    await untilComplete(client, "j", 1_000);
    const tasks = await tasksOf(client, "j");
    expect(tasks).toHaveLength(1_000);
    for (const task of tasks) {
      expect(task).toMatchObject({ state: "completed", executionInfo: { result: "success", exitCode: 0, retryCount: 0, requeueCount: 0 } });
    }
    const runs = runsIn(notes);
    expect([...runs].filter(([, count]) => count !== 1)).toEqual([]);
    expect(runs.size).toBe(1_000);
    expect(runs.get(taskId(999))).toBe(1);
    await killed.end("SIGTERM");
    server = undefined;
    expect(processesOf(folder)).toEqual([]);
  });

  it.each([1, 4, 8])(
    "while its nodes start, %i of 8 being there: the pool has 8 in the end, and no process is lost track of",
    async (there) => {
      const first = await start("0");
      await addPool(first.client, "p", 8, 1);
      await until(
        `${there} nodes`,
        async () => recordsIn(join(data, "nodes")),
        (count) => count >= there,
      );
      await first.end("SIGKILL");
      const { client } = await start("0");
      await untilIdle(client, "p", 8);
      // Of each node its agent and its launcher, and the server.
      await until(
        "17 processes",
        async () => processesOf(data),
        (running) => running.length === 17,
      );
      await client.pool.deleteMethod("p");
      await until(
        "the server alone",
        async () => processesOf(data),
        (running) => running.length === 1,
      );
    },
  );
});

function recordsIn(nodes: string): number {
  return existsSync(nodes) ? readdirSync(nodes).filter((name) => existsSync(join(nodes, name, "machine.json"))).length : 0;
}
