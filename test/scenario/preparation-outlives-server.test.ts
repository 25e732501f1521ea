import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/server.ts";
import { type ServerProgram, startProgram } from "../support/server-program.ts";
import { readyPool } from "../support/work.ts";

describe.skipIf(process.platform === "win32")("the server is killed while a node prepares a job, and while it releases it", () => {
  let folder: string;
  let server: ServerProgram | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shoal-prepares-"));
  });
  afterEach(async () => {
    await server?.end("SIGTERM");
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (port = "0") => {
    server = await startProgram(["--data", join(folder, "data"), "--port", port]);
    return server;
  };
  /** Notes that it began, waits for a file, and notes that it ended. */
  const waiting = (name: string) =>
    `/bin/sh -c 'echo ${name} >> ${folder}/notes; while ! test -f ${folder}/${name}; do sleep 0.05; done; echo ${name} over >> ${folder}/notes'`;
  const notes = () => (existsSync(`${folder}/notes`) ? readFileSync(`${folder}/notes`, "utf8").trim().split("\n") : []);
  const untilNoted = (note: string) =>
    until(
      note,
      async () => notes(),
      (seen) => seen.includes(note),
    );
  const restart = async (killed: ServerProgram) => {
    await killed.end("SIGKILL");
    return start(new URL(killed.url).port);
  };

  it("each runs once, and the job ends", async () => {
    let running = await start();
    await readyPool(running.client, "p", 1, 1);
    await running.client.job.add({
      id: "j",
      poolInfo: { poolId: "p" },
      jobPreparationTask: { commandLine: waiting("prepare") },
      jobReleaseTask: { commandLine: waiting("release") },
    });
    await running.client.task.add("j", { id: "t", commandLine: `/bin/sh -c 'echo task >> ${folder}/notes'` });
    await untilNoted("prepare");
    running = await restart(running);
    writeFileSync(join(folder, "prepare"), "");
    await untilNoted("task");
    await until(
      "the task's end",
      () => running.client.task.get("j", "t"),
      ({ state }) => state === "completed",
    );
    await running.client.job.terminate("j");
    await untilNoted("release");
    running = await restart(running);
    writeFileSync(join(folder, "release"), "");
    await until(
      "the job's end",
      () => running.client.job.get("j"),
      ({ state }) => state === "completed",
    );
    expect(notes()).toEqual(["prepare", "prepare over", "task", "release", "release over"]);
    const [status] = await running.client.job.listPreparationAndReleaseTaskStatus("j");
    expect(status).toMatchObject({
      jobPreparationTaskExecutionInfo: { state: "completed", result: "success", retryCount: 0 },
      jobReleaseTaskExecutionInfo: { state: "completed", result: "success" },
    });
  });
});
