import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ManualClock } from "../../../adapters/memory/manual-clock.ts";
import { Directories } from "../../../node-agent/directories.ts";
import type { ProcessEnd } from "../../../node-agent/process.ts";
import { DiskRetention } from "../../../node-agent/retention.ts";
import { TaskRun } from "../../../node-agent/task-runner.ts";
import type { Time } from "../../../node-agent/time.ts";
import { order } from "../../support/fake-control-plane.ts";

const DAY_MS = 24 * 3_600_000;
let folder: string;
let disk: Directories;
let clock: ManualClock;
let time: Time;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shoal-days-"));
  disk = new Directories(folder);
  // Ahead of the system's, by which directories are made.
  clock = new ManualClock(Date.now() + DAY_MS);
  const now = () => clock.now();
  time = {
    now,
    elapsed: now,
    after: (milliseconds, callback) => {
      const timer = clock.set(callback, milliseconds);
      return () => clock.clear(timer);
    },
    soon: (callback) => void clock.set(callback, 0),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const retention = () =>
  new DiskRetention(
    disk,
    () => false,
    time,
    () => {},
  );

/** A run of a task whose command goes on until it is killed. */
function endless(more: Parameters<typeof order>[2]) {
  const kept: number[] = [];
  let started = 0;
  const start = () => {
    started++;
    let end = (_: ProcessEnd) => {};
    const ended = new Promise<ProcessEnd>((resolve) => {
      end = resolve;
    });
    return { ended, kill: () => end({ kind: "exited", exitCode: 137 }) };
  };
  const environment = {};
  const keep = (_: unknown, retentionMs: number) => void kept.push(retentionMs);
  const run = new TaskRun(order("t1", "/bin/true", more), { disk, time, environment, processes: { start }, retention: { keep } });
  return { outcome: run.run(() => {}), started: () => started, kept };
}

it("ends a task when it has run for as many days as it may", async () => {
  const { outcome, kept } = endless({ maxWallClockMs: 100 * DAY_MS });
  let over = false;
  void outcome.then(() => {
    over = true;
  });
  await clock.advance(100 * DAY_MS - 1);
  expect(over).toBe(false);
  await clock.advance(1);
  const { end } = (await outcome) as Extract<Awaited<typeof outcome>, { kind: "finished" }>;
  expect(end).toMatchObject({ exitCode: 137, failure: { code: "TaskEnded" } });
  expect(Date.parse(end.endTime) - Date.parse(end.startTime)).toBe(100 * DAY_MS);
  expect(kept).toEqual([Number.POSITIVE_INFINITY]);
});

it("ends a task at the end of its life, and does not start one that is past it", async () => {
  const last = endless({ maxWallClockMs: DAY_MS, endOfLife: true });
  await clock.advance(DAY_MS);
  expect(await last.outcome).toMatchObject({
    end: { exitCode: 137, failure: { code: "TaskEnded", message: expect.stringContaining("180 days") } },
  });
  const late = endless({ maxWallClockMs: 0, endOfLife: true });
  expect(await late.outcome).toMatchObject({ end: { beforeCommand: true, failure: { code: "TaskEnded" } } });
  expect(late.started()).toBe(0);
});

it("removes a task's directory when its days are over, and the one without a limit never", async () => {
  const keeper = retention();
  for (const taskId of ["days", "ever"]) await disk.prepareTask({ jobId: "job", uid: "u1", taskId });
  const directory = (taskId: string) => disk.ofTask({ jobId: "job", uid: "u1", taskId }).directory;
  keeper.keep({ jobId: "job", uid: "u1", taskId: "days" }, 2 * DAY_MS);
  keeper.keep({ jobId: "job", uid: "u1", taskId: "ever" }, Number.POSITIVE_INFINITY);
  await clock.advance(2 * DAY_MS - 1);
  expect(existsSync(directory("days"))).toBe(true);
  await clock.advance(DAY_MS / 24 + 1_000);
  await vi.waitFor(() => expect(existsSync(directory("days"))).toBe(false));
  expect(existsSync(directory("ever"))).toBe(true);
  keeper.close();
});

it("removes after its start what was due while it was away", async () => {
  const before = retention();
  const task = { jobId: "job", uid: "u1", taskId: "t1" };
  await disk.prepareTask(task);
  before.keep(task, DAY_MS);
  before.close();
  await clock.advance(2 * DAY_MS);
  const after = retention();
  await clock.advance(1_000);
  await vi.waitFor(() => expect(existsSync(disk.ofTask(task).directory)).toBe(false));
  after.close();
});
