import { beforeEach, describe, expect, it } from "vitest";
import type { Job } from "../../../core/domain/job.ts";
import type { Recurrence, Schedule, ScheduleSpec } from "../../../core/domain/schedule.ts";
import { addJob } from "../../../core/services/jobs/add-job.ts";
import { deleteJob, terminateJob } from "../../../core/services/jobs/end-job.ts";
import { getJob, listJobs } from "../../../core/services/jobs/read-jobs.ts";
import { addSchedule } from "../../../core/services/schedules/add-schedule.ts";
import { disableSchedule, enableSchedule } from "../../../core/services/schedules/disable-schedule.ts";
import { deleteSchedule, terminateSchedule } from "../../../core/services/schedules/end-schedule.ts";
import { lookAtSchedule } from "../../../core/services/schedules/look-at-schedule.ts";
import { getSchedule, listJobsOfSchedule } from "../../../core/services/schedules/read-schedules.ts";
import { updateSchedule } from "../../../core/services/schedules/update-schedule.ts";
import { sweepAll } from "../../../core/services/sweeps/sweep-all.ts";
import { liveUntil } from "../../support/time-travel.ts";
import { jobSpec, TestWorld } from "../../support/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let world: TestWorld;
let began: number;
beforeEach(() => {
  world = new TestWorld();
  began = world.clock.now();
});

const { id: _id, ...properties } = jobSpec("x", "p");
const spec = (schedule: Recurrence, more: Partial<ScheduleSpec> = {}): ScheduleSpec => ({
  id: "s",
  schedule,
  jobSpecification: properties,
  ...more,
});
const iso = (ms: number) => new Date(ms).toISOString();
const schedule = (): Promise<Schedule> => getSchedule(world.context, "s");
const jobs = async (): Promise<readonly Job[]> => (await listJobsOfSchedule(world.context, "s", { limit: 1000 })).items;
const starts = async () => (await jobs()).map((job) => Math.round((Date.parse(job.creationTime) - began) / 1000)).sort((a, b) => a - b);
const until = (ms: number) => liveUntil(world, began + ms);
/** Ends each job at once, as far as time goes. */
async function endJobs(): Promise<void> {
  for (const job of await jobs()) if (job.state === "active") await terminateJob(world.context, job.id, undefined);
  await world.settle();
}
async function liveEndingJobs(ms: number, step: number): Promise<void> {
  for (let at = world.clock.now() - began + step; at <= ms; at += step) {
    await until(at);
    await endJobs();
  }
}

describe("a schedule without an interval", () => {
  it("starts one job at once, and is completed when that has ended", async () => {
    await addSchedule(world.context, spec({}));
    await until(1_000);
    expect((await jobs()).map(({ id, state }) => [id, state])).toEqual([["s:job-1", "active"]]);
    expect(await schedule()).toMatchObject({ state: "active", runs: 1, recentJob: { jobId: "s:job-1" } });
    await until(3 * DAY);
    expect((await schedule()).state).toBe("active");
    await endJobs();
    const ended = await schedule();
    expect(ended).toMatchObject({ state: "completed", previousState: "active", endTime: iso(world.clock.now()) });
    expect(ended.next).toBeUndefined();
    await until(9 * DAY);
    expect(await jobs()).toHaveLength(1);
  });

  it("waits for its beginning, across many renewals of its timer", async () => {
    await addSchedule(world.context, spec({ doNotRunUntil: iso(began + 2 * DAY) }));
    await until(2 * DAY - 1);
    expect(await jobs()).toEqual([]);
    await until(2 * DAY + 1_000);
    expect(await starts()).toEqual([2 * 86_400]);
  });

  it("is completed without a job where its window passed while it was disabled", async () => {
    await addSchedule(world.context, spec({ doNotRunUntil: iso(began + HOUR), startWindow: "PT5M" }));
    await disableSchedule(world.context, "s");
    await until(HOUR + 6 * MINUTE);
    expect((await schedule()).state).toBe("disabled");
    await enableSchedule(world.context, "s");
    await world.settle();
    expect(await schedule()).toMatchObject({ state: "completed", runs: 0 });
  });
});

describe("a schedule with an interval", () => {
  it("starts a job on each beat for weeks, one at a time, and looks no oftener than its timer needs", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "P1D", doNotRunUntil: iso(began + HOUR) }));
    await liveEndingJobs(21 * DAY, DAY / 2);
    expect(await starts()).toEqual(Array.from({ length: 21 }, (_, day) => 3600 + day * 86_400));
    expect((await jobs()).every(({ state }) => state === "completed")).toBe(true);
    expect(world.later.filter(({ work }) => work.kind === "look-at-schedule")).toHaveLength(1);
  });

  it("starts the next job as soon as the one before it ends, and keeps its beat", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await until(90 * MINUTE);
    expect(await starts()).toEqual([0]);
    await endJobs();
    expect(await starts()).toEqual([0, 5400]);
    await until(100 * MINUTE);
    await endJobs();
    await until(2 * HOUR + 1_000);
    expect(await starts()).toEqual([0, 5400, 7200]);
  });

  it("loses what was due while a job ran on past the start window", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H", startWindow: "PT10M" }));
    await until(4 * HOUR + 30 * MINUTE);
    await endJobs();
    expect(await starts()).toEqual([0]);
    expect((await schedule()).next).toBe(began + 5 * HOUR);
    await until(5 * HOUR + 1_000);
    expect(await starts()).toEqual([0, 5 * 3600]);
  });

  it("starts one job for all that was due while it was disabled", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await until(MINUTE);
    await endJobs();
    await disableSchedule(world.context, "s");
    await until(5 * HOUR + 30 * MINUTE);
    expect(await starts()).toEqual([0]);
    await enableSchedule(world.context, "s");
    await world.settle();
    await endJobs();
    await until(6 * HOUR + 1_000);
    expect(await starts()).toEqual([0, 5 * 3600 + 1800, 6 * 3600]);
  });

  it("is completed at its end, once its last job has ended", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H", doNotRunAfter: iso(began + 150 * MINUTE) }));
    await liveEndingJobs(2 * HOUR, 30 * MINUTE);
    await until(149 * MINUTE);
    expect((await schedule()).state).toBe("active");
    await until(151 * MINUTE);
    expect((await schedule()).state).toBe("completed");
    expect(await starts()).toEqual([0, 3600, 7200]);
  });

  it("loses the beats of a control plane that was away, and bunches none", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H", startWindow: "PT10M" }));
    await until(MINUTE);
    await endJobs();
    world.later.length = 0;
    world.rings.length = 0;
    await world.clock.advance(10 * HOUR + 20 * MINUTE);
    await sweepAll(world.context, true);
    await world.settle();
    expect(await starts()).toEqual([0]);
    await until(12 * HOUR);
    expect(await starts()).toEqual([0, 11 * 3600]);
  });

  it("takes an update for the next job", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await until(MINUTE);
    const { etag } = await schedule();
    await updateSchedule(world.context, "s", { jobSpecification: { ...properties, priority: 7 } });
    await updateSchedule(world.context, "s", { schedule: { recurrenceInterval: "PT30M" } });
    expect((await schedule()).etag).not.toBe(etag);
    expect((await getJob(world.context, "s:job-1")).spec.priority).toBe(0);
    await endJobs();
    await until(31 * MINUTE);
    expect(await starts()).toEqual([0, 1800]);
    expect((await getJob(world.context, "s:job-2")).spec).toMatchObject({ priority: 7, id: "s:job-2" });
  });
});

describe("the end of a schedule", () => {
  it("by termination ends its job and tells why", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await until(MINUTE);
    await terminateSchedule(world.context, "s");
    expect((await schedule()).state).toBe("terminating");
    await world.settle();
    expect(await getJob(world.context, "s:job-1")).toMatchObject({ state: "completed", terminateReason: "TerminateJobSchedule" });
    expect((await schedule()).state).toBe("completed");
    await expect(terminateSchedule(world.context, "s")).rejects.toMatchObject({ code: "JobScheduleCompleted" });
    await expect(updateSchedule(world.context, "s", { metadata: [] })).rejects.toMatchObject({ code: "JobScheduleCompleted" });
  });

  it("by deletion takes all its jobs with it", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await liveEndingJobs(250 * HOUR, HOUR);
    expect((await jobs()).length).toBeGreaterThan(200);
    await deleteSchedule(world.context, "s");
    await expect(deleteSchedule(world.context, "s")).rejects.toMatchObject({ code: "JobScheduleBeingDeleted" });
    await until(250 * HOUR + 20 * MINUTE);
    await expect(schedule()).rejects.toMatchObject({ code: "JobScheduleNotFound" });
    expect((await listJobs(world.context, { limit: 10 })).items).toEqual([]);
    expect(world.later).toEqual([]);
    await addSchedule(world.context, spec({}));
    await world.settle();
    expect((await jobs()).map(({ id }) => id)).toEqual(["s:job-1"]);
  });
});

describe("races and crashes", () => {
  it("make one job of a run, whoever looks at once", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    const { uid } = await schedule();
    await Promise.all(Array.from({ length: 5 }, () => lookAtSchedule(world.context, { scheduleId: "s", uid })));
    expect(await jobs()).toHaveLength(1);
    expect((await schedule()).runs).toBe(1);
  });

  it("let no job start beside one that a user has deleted, before that is gone", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await until(HOUR + MINUTE);
    await deleteJob(world.context, "s:job-1");
    await world.settle();
    expect((await jobs()).map(({ id }) => id)).toEqual(["s:job-2"]);
  });

  it("lose a timer with the server, and none at its start, be it one that had time left", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H", startWindow: "PT1M" }));
    await until(30 * MINUTE);
    world.later.length = 0;
    world.rings.length = 0;
    await sweepAll(world.context, true);
    await endJobs();
    await until(HOUR + 1_000);
    expect(await starts()).toEqual([0, 3600]);
    // The job that is due waits for the one before it, whose end is told when the server is there again.
    await until(2 * HOUR + 30 * 1_000);
    world.later.length = 0;
    await terminateJob(world.context, "s:job-2", undefined);
    world.later.length = 0;
    await sweepAll(world.context, true);
    await world.settle();
    expect(await starts()).toEqual([0, 3600, 7230]);
    await endJobs();
    await until(3 * HOUR + 1_000);
    expect(await starts()).toEqual([0, 3600, 7230, 10_800]);
  });

  it("find a timer that was lost", async () => {
    await addSchedule(world.context, spec({ recurrenceInterval: "PT1H" }));
    await until(MINUTE);
    await endJobs();
    world.later.length = 0;
    await world.clock.advance(HOUR);
    await sweepAll(world.context);
    await world.settle();
    expect(await starts()).toEqual([0, 3660]);
  });
});

describe("ids", () => {
  it("are shared by jobs and schedules, whatever their case", async () => {
    await addSchedule(world.context, spec({ doNotRunUntil: iso(began + DAY) }));
    await expect(addSchedule(world.context, spec({}, { id: "S" }))).rejects.toMatchObject({ code: "JobScheduleExists" });
    await expect(addJob(world.context, jobSpec("S", "p"))).rejects.toMatchObject({ code: "JobScheduleWithSameIdExists" });
    expect((await listJobs(world.context, { limit: 10 })).items).toEqual([]);
    await addJob(world.context, jobSpec("j", "p"));
    await expect(addSchedule(world.context, spec({}, { id: "J" }))).rejects.toMatchObject({ code: "JobWithSameIdExists" });
    await expect(getSchedule(world.context, "j")).rejects.toMatchObject({ code: "JobScheduleNotFound" });
  });

  it("of two that come at the same moment go to one at most", async () => {
    const both = await Promise.allSettled([addJob(world.context, jobSpec("s", "p")), addSchedule(world.context, spec({}))]);
    expect(both.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
  });

  it("of a schedule whose time is over are not taken", async () => {
    await expect(addSchedule(world.context, spec({ doNotRunAfter: iso(began - 1) }))).rejects.toMatchObject({
      code: "InvalidPropertyValue",
    });
    await expect(schedule()).rejects.toMatchObject({ code: "JobScheduleNotFound" });
  });
});
