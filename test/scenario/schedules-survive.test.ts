import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BatchServiceClient } from "@azure/batch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LmdbEnvironment } from "../../adapters/embedded/lmdb-environment.ts";
import { LmdbStore } from "../../adapters/embedded/lmdb-store.ts";
import { Keys } from "../../core/domain/keys.ts";
import type { Key, Value } from "../../core/ports/store.ts";
import { DEVELOPMENT_ACCOUNT } from "../../local/options.ts";
import { MACHINES } from "../support/machines.ts";
import { until } from "../support/server.ts";
import { type ServerProgram, startProgram } from "../support/server-program.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const keys = new Keys(DEVELOPMENT_ACCOUNT, 1);

describe.skipIf(process.platform === "win32")("a server that was killed and comes back after hours", () => {
  let folder: string;
  let data: string;
  let server: ServerProgram | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shoal-schedules-"));
    data = join(folder, "data");
  });
  afterEach(async () => {
    await server?.end("SIGTERM");
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async () => {
    server = await startProgram(["--data", data, "--port", "0"]);
    return server.client;
  };
  /** The hours pass: what is stored is as old as they are long. */
  const whileDown = async (change: (set: (key: Key, values: Readonly<Record<string, Value>>) => Promise<void>) => Promise<void>) => {
    await server?.end("SIGKILL");
    const environment = LmdbEnvironment.open(join(data, "store"));
    const store = new LmdbStore(environment);
    await change(async (key, set) => void (await store.write({ kind: "update", key, set })));
    await environment.close();
  };
  const jobsOf = async (client: BatchServiceClient, id: string) => (await client.job.listFromJobSchedule(id)).map((job) => job.id);
  const oneJob = (client: BatchServiceClient, id: string) =>
    until(
      `a job of ${id}`,
      () => jobsOf(client, id),
      (jobs) => jobs.length === 1,
    );

  it("loses the jobs that were due meanwhile, or starts one for all of them, and goes on in the old rhythm", async () => {
    let client = await start();
    const soon = Date.now() + 5_000;
    const jobSpecification = { poolInfo: { poolId: "none" } };
    const add = (id: string, schedule: object) => client.jobSchedule.add({ id, schedule, jobSpecification });
    await add("windowed", { recurrenceInterval: "PT1H", startWindow: "PT1M" });
    await add("patient", { recurrenceInterval: "PT1H" });
    await add("soon", { recurrenceInterval: "PT1H", doNotRunUntil: new Date(soon) });
    for (const id of ["windowed", "patient"]) {
      await oneJob(client, id);
      await client.job.terminate(`${id}:job-1`);
    }
    const away = Date.now() - 5.5 * HOUR;
    await whileDown(async (set) => {
      for (const id of ["windowed", "patient"]) await set(keys.schedule(id), { next: away });
    });
    client = await start();
    await until(
      "what was due",
      () => jobsOf(client, "patient"),
      (jobs) => jobs.length === 2,
    );
    const next = async (id: string) => (await client.jobSchedule.get(id)).executionInfo?.nextRunTime?.getTime();
    expect(await next("patient")).toBe(away + 6 * HOUR);
    expect(await next("windowed")).toBe(away + 6 * HOUR);
    expect(await jobsOf(client, "windowed")).toEqual(["windowed:job-1"]);
    await oneJob(client, "soon");
    const { creationTime } = await client.job.get("soon:job-1");
    expect((creationTime?.getTime() ?? 0) - soon).toBeGreaterThanOrEqual(0);
    await client.job.terminate("patient:job-2");
    await until(
      "the job ended",
      async () => (await client.job.get("patient:job-2")).state,
      (state) => state === "completed",
    );
    expect(await jobsOf(client, "patient")).toEqual(["patient:job-1", "patient:job-2"]);
  });

  it("removes the pool of a job that ended just before, and makes the one that a job still lacks", async () => {
    let client = await start();
    const pool = { ...MACHINES, targetDedicatedNodes: 0 };
    const poolInfo = { autoPoolSpecification: { autoPoolIdPrefix: "own", poolLifetimeOption: "job" as const, pool } };
    await client.job.add({ id: "ended", poolInfo });
    await client.job.add({ id: "lacks", poolInfo });
    const poolIds = async () => (await client.pool.list()).map(({ id }) => id);
    const poolOf = async (id: string) => (await client.job.get(id)).executionInfo?.poolId ?? "";
    const [left, lacking] = [await poolOf("ended"), await poolOf("lacks")];
    expect((await poolIds()).sort()).toEqual([left, lacking].sort());
    await client.pool.deleteMethod(lacking);
    await until(
      "the pool gone",
      () => poolIds(),
      (ids) => ids.length === 1,
    );
    await whileDown((set) => set(keys.job("ended"), { state: "completed" }));
    client = await start();
    await until(
      "the right pools",
      () => poolIds(),
      (ids) => ids.join() === lacking,
    );
  });
});
