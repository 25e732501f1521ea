import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { codeOf, type Stage } from "../jobs-and-tasks/stage.ts";

/** Says whose job it is, and asks for that with its token, the colon in the id as it is and encoded. */
const PROGRAM = `
const { AZ_BATCH_ACCOUNT_URL: account, AZ_BATCH_JOB_ID: job, AZ_BATCH_AUTHENTICATION_TOKEN: token } = process.env;
console.log(job + " " + process.cwd());
for (const id of [job, encodeURIComponent(job)]) {
  const answer = await fetch(account + "/jobs/" + id + "?api-version=2024-07-01.20.0", { headers: { authorization: "Bearer " + token } });
  console.log(answer.status + " " + (await answer.json()).id);
}
`.replaceAll("\n", " ");

/** A schedule as the client shows it, as soon as it is so. */
function scheduleReaches(stage: Stage, id: string, holds: (schedule: Doc) => boolean, what: string): Promise<Doc> {
  return until(`${id} ${what}`, async () => wire(await stage.client.call("jobSchedule", "get", id)), holds, 60_000);
}

const recentJob = (schedule: Doc) => (schedule.executionInfo as { recentJob?: { id: string; url: string } } | undefined)?.recentJob;

/** A schedule of one job, from its beginning to its deletion. */
export function schedulesRunOnce(stage: () => Stage): void {
  it("starts a job with its manager, and is complete when that has ended; its files are below the schedule", async () => {
    const { client, poolId } = stage();
    const id = stage().named("once");
    const added = await client.call("jobSchedule", "add", {
      id,
      displayName: "One job",
      schedule: { startWindow: client.duration("PT1H") },
      jobSpecification: {
        poolInfo: { poolId },
        displayName: "The job",
        jobManagerTask: {
          id: "manager",
          commandLine: `${process.execPath} --input-type=module -e '${PROGRAM}'`,
          authenticationTokenSettings: { access: ["job"] },
        },
      },
    });
    expect([added.status, added.header("Location")?.endsWith(`/jobschedules/${id}`)]).toEqual([201, true]);
    const done = await scheduleReaches(stage(), id, ({ state }) => state === "completed", "completed");
    const jobId = `${id}:job-1`;
    expect(recentJob(done)).toMatchObject({ id: jobId, url: expect.stringContaining(`/jobs/${jobId}`) });
    expect(done).toMatchObject({ id, displayName: "One job", previousState: "active", executionInfo: { endTime: expect.any(String) } });
    expect(await stage().jobReaches(jobId, "completed")).toMatchObject({
      id: jobId,
      displayName: "The job",
      executionInfo: { poolId, terminateReason: "JMComplete" },
    });
    const [first, ...answers] = (await stage().stdout(jobId, "manager")).trim().split("\n");
    expect(first).toMatch(new RegExp(`^${jobId} /.+/workitems/${id}/job-1/manager/wd$`));
    expect(answers).toEqual([`200 ${jobId}`, `200 ${jobId}`]);

    const listed = wire(await client.call("jobSchedule", "list", { jobScheduleListOptions: { filter: `id eq '${id}'` } })).value as Doc[];
    expect(listed.map((one) => one.id)).toContain(id);
    const jobs = wire(await client.call("job", "listFromJobSchedule", id)).value as Doc[];
    expect(jobs.map((one) => one.id)).toEqual([jobId]);
    expect((await client.call("jobSchedule", "exists", id)).status).toBe(200);
    expect((await client.call("jobSchedule", "deleteMethod", id)).status).toBe(202);
    await until(
      "the schedule gone",
      () => codeOf(client.call("jobSchedule", "get", id)),
      (code) => code === "JobScheduleNotFound",
    );
    expect(await codeOf(client.call("job", "get", jobId))).toBe("JobNotFound");
  });
}

/** A schedule that recurs, and all that can be done to it. */
export function schedulesRecur(stage: () => Stage): void {
  it("keeps one job at a time, and does as it is told: disabled, enabled, updated, patched, terminated", async () => {
    const { client, poolId } = stage();
    const id = stage().named("recurs");
    const schedule = { recurrenceInterval: client.duration("PT1H"), startWindow: client.duration("PT10M") };
    await client.call("jobSchedule", "add", { id, schedule, jobSpecification: { poolInfo: { poolId } } });
    const first = await scheduleReaches(stage(), id, (seen) => recentJob(seen) !== undefined, "with a job");
    const { nextRunTime } = first.executionInfo as { nextRunTime: string };
    expect(Date.parse(nextRunTime) - Date.parse(first.creationTime as string)).toBe(3_600_000);
    expect(first.schedule).toEqual({ recurrenceInterval: "PT1H", startWindow: "PT10M" });
    expect(await whySchedule(stage(), id)).toEqual(["JobNotEnded", "NotDue"]);

    expect((await client.call("jobSchedule", "disable", id)).status).toBe(204);
    expect(wire(await client.call("jobSchedule", "get", id)).state).toBe("disabled");
    expect(wire(await client.call("job", "get", `${id}:job-1`)).state).toBe("active");
    expect(await whySchedule(stage(), id)).toEqual(["ScheduleDisabled", "JobNotEnded"]);
    expect((await client.call("jobSchedule", "enable", id)).status).toBe(204);

    await client.call("jobSchedule", "patch", id, { jobSpecification: { poolInfo: { poolId }, priority: 9 } });
    await client.call("jobSchedule", "update", id, {
      schedule: { recurrenceInterval: client.duration("PT2H") },
      jobSpecification: { poolInfo: { poolId }, priority: 10 },
      metadata: [{ name: "a", value: "b" }],
    });
    const updated = wire(await client.call("jobSchedule", "get", id));
    expect(updated).toMatchObject({
      schedule: { recurrenceInterval: "PT2H" },
      jobSpecification: { priority: 10 },
      metadata: [{ name: "a", value: "b" }],
    });
    expect(wire(await client.call("job", "get", `${id}:job-1`)).priority).toBe(0);

    expect((await client.call("jobSchedule", "terminate", id)).status).toBe(202);
    const ended = await stage().jobReaches(`${id}:job-1`, "completed");
    expect(ended.executionInfo).toMatchObject({ terminateReason: "TerminateJobSchedule" });
    await scheduleReaches(stage(), id, ({ state }) => state === "completed", "completed");
    expect(await codeOf(client.call("jobSchedule", "terminate", id))).toBe("JobScheduleCompleted");
    await client.call("jobSchedule", "deleteMethod", id);
  });

  it("refuses what cannot be, and adds no schedule", async () => {
    const { client, poolId } = stage();
    const taken = await stage().job("taken");
    const id = stage().named("bad");
    const jobSpecification = { poolInfo: { poolId } };
    const add = (more: Doc) => codeOf(client.call("jobSchedule", "add", { id, schedule: {}, jobSpecification, ...more }));
    const duration = (iso: string) => client.duration(iso);
    expect(await add({ schedule: { recurrenceInterval: duration("PT59S") } })).toBe("InvalidPropertyValue");
    expect(await add({ schedule: { startWindow: duration("PT59S") } })).toBe("InvalidPropertyValue");
    expect(await add({ schedule: { startWindow: duration("PT2H"), recurrenceInterval: duration("PT1H") } })).toBe("InvalidPropertyValue");
    expect(await add({ schedule: { doNotRunAfter: new Date(Date.now() - 60_000) } })).toBe("InvalidPropertyValue");
    expect(await add({ jobSpecification: { poolInfo: {} } })).toBe("MissingRequiredProperty");
    expect(await add({ id: taken })).toBe("JobWithSameIdExists");
    expect(await codeOf(client.call("jobSchedule", "get", id))).toBe("JobScheduleNotFound");
    await client.call("jobSchedule", "add", { id, schedule: { doNotRunUntil: new Date(Date.now() + 3_600_000) }, jobSpecification });
    expect(await codeOf(client.call("job", "add", { id, poolInfo: { poolId } }))).toBe("JobScheduleWithSameIdExists");
    expect(await codeOf(client.call("job", "get", id))).toBe("JobNotFound");
    await client.call("jobSchedule", "deleteMethod", id);
  });
}

async function whySchedule(stage: Stage, id: string): Promise<unknown[]> {
  const { text } = await stage.send("GET", `/shoal/jobschedules/${id}/why`, { version: null });
  return (JSON.parse(text) as { reasons: Doc[] }).reasons.map(({ code }) => code);
}
