import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { anETag, aTime, UNLIMITED } from "./forms.ts";
import { expectActed, many, one, type Scene } from "./scene.ts";

/** A job comes, and is changed in every way that leaves it active. */
export function jobsCome(scene: () => Scene): void {
  it("adds a job, and reads back all that it said", async () => {
    const { client, jobId, poolId } = scene();
    const added = await client.call("job", "add", {
      id: jobId,
      displayName: "The job",
      priority: 5,
      constraints: { maxWallClockTime: client.duration("PT26H"), maxTaskRetryCount: 1 },
      commonEnvironmentSettings: [{ name: "COMMON", value: "of the job" }],
      poolInfo: { poolId },
      metadata: [{ name: "owner", value: "sdk" }],
    });
    expectActed(scene(), added, 201, `/jobs/${jobId}`);
    const job = one(scene(), await client.call("job", "get", jobId), "CloudJob", "jobs");
    expect(job).toEqual({ ...jobDoc(scene()), metadata: [{ name: "owner", value: "sdk" }] });
    expect(added.header("etag")).toBe(job.eTag);
  });

  it("lists jobs by filter, with the properties that it selects", async () => {
    const { client, jobId, poolId } = scene();
    const filter = `executionInfo/poolId eq '${poolId}' and state eq 'active' and creationTime gt DateTime'2020-01-01T00:00:00Z'`;
    const listed = await client.call("job", "list", { jobListOptions: { filter, select: "id,priority,executionInfo" } });
    expect(many(scene(), listed, "CloudJob", "jobs")).toEqual([{ id: jobId, priority: 5, executionInfo: { startTime: aTime, poolId } }]);
  });

  it("patches the job: what is named, each object as a whole", async () => {
    const { client, jobId } = scene();
    const patch = { priority: 7, constraints: { maxWallClockTime: client.duration("PT2H") } };
    expectActed(scene(), await client.call("job", "patch", jobId, patch), 200, `/jobs/${jobId}`);
    expect(one(scene(), await client.call("job", "get", jobId), "CloudJob", "jobs")).toEqual({
      ...jobDoc(scene()),
      priority: 7,
      constraints: { maxWallClockTime: "PT2H", maxTaskRetryCount: 0 },
      metadata: [{ name: "owner", value: "sdk" }],
    });
  });

  it("updates the job: what is left out is set back", async () => {
    const { client, jobId, poolId } = scene();
    // Of each client's update, the name of its parameter is the same; what it must hold is not.
    const { priority: _, ...rest } = jobDoc(scene());
    expectActed(scene(), await client.call("job", "update", jobId, { poolInfo: { poolId } }), 200, `/jobs/${jobId}`);
    expect(one(scene(), await client.call("job", "get", jobId), "CloudJob", "jobs")).toEqual({
      ...rest,
      priority: 0,
      constraints: { maxWallClockTime: UNLIMITED, maxTaskRetryCount: 0 },
    });
  });

  it("disables and enables the job: meanwhile none of its tasks starts", async () => {
    const { client, jobId } = scene();
    expectActed(scene(), await client.call("job", "disable", jobId, "requeue"), 202, `/jobs/${jobId}/disable`);
    const get = () => client.call("job", "get", jobId);
    const disabled = await until("the job disabled", get, (answer) => wire(answer).state === "disabled");
    expect(one(scene(), disabled, "CloudJob", "jobs")).toMatchObject({
      state: "disabled",
      previousState: "disabling",
      previousStateTransitionTime: aTime,
    });
    await client.call("task", "add", jobId, { id: "held", commandLine: "/bin/true" });
    expect(wire(await client.call("task", "get", jobId, "held"))).toMatchObject({
      state: "active",
      executionInfo: { retryCount: 0, requeueCount: 0 },
    });
    expectActed(scene(), await client.call("job", "enable", jobId), 202, `/jobs/${jobId}/enable`);
    const held = () => client.call("task", "get", jobId, "held");
    await until("the task that was held", held, (answer) => wire(answer).state === "completed");
    expect(wire(await get()).state).toBe("active");
  });
}

/** A job ends, and goes. */
export function jobsGo(scene: () => Scene): void {
  it("terminates the job, with its reason, and what runs of it", async () => {
    const { client, jobId } = scene();
    await client.call("task", "add", jobId, { id: "cut-short", commandLine: "/bin/sleep 600" });
    const task = () => client.call("task", "get", jobId, "cut-short");
    await until("the task running", task, (answer) => wire(answer).state === "running");
    const ended = await client.call("job", "terminate", jobId, { terminateReason: "Enough" });
    expectActed(scene(), ended, 202, `/jobs/${jobId}/terminate`);
    const get = () => client.call("job", "get", jobId);
    const completed = await until("the job completed", get, (answer) => wire(answer).state === "completed");
    expect(one(scene(), completed, "CloudJob", "jobs")).toMatchObject({
      previousState: "terminating",
      executionInfo: { startTime: aTime, endTime: aTime, poolId: scene().poolId, terminateReason: "Enough" },
    });
    expect(wire(await task())).toMatchObject({ state: "completed", executionInfo: scene().forms.failure("TaskEnded") });
    await expect(client.call("task", "add", jobId, { id: "late", commandLine: "/bin/true" })).rejects.toMatchObject({
      code: "JobCompleted",
    });
  });

  it("deletes the job", async () => {
    const { client, jobId } = scene();
    expectActed(scene(), await client.call("job", "deleteMethod", jobId), 202, `/jobs/${jobId}`);
    const code = () =>
      client.call("job", "get", jobId).then(
        () => "there",
        (error: { code: string }) => error.code,
      );
    expect(await until("the job gone", code, (seen) => seen !== "there")).toBe("JobNotFound");
  });
}

/** The job as it was added, without its metadata. */
function jobDoc({ client, server, forms, jobId, poolId }: Scene): Doc {
  return {
    id: jobId,
    displayName: "The job",
    usesTaskDependencies: false,
    url: `${server.url}/jobs/${jobId}`,
    eTag: anETag,
    lastModified: aTime,
    creationTime: aTime,
    state: "active",
    stateTransitionTime: aTime,
    priority: 5,
    ...forms.since(2022, { allowTaskPreemption: false, maxParallelTasks: -1 }),
    constraints: { maxWallClockTime: "P1DT2H", maxTaskRetryCount: 1 },
    commonEnvironmentSettings: [{ name: "COMMON", value: "of the job" }],
    poolInfo: { poolId },
    onAllTasksComplete: client.year === 2017 ? "noAction" : "noaction",
    onTaskFailure: client.year === 2017 ? "noAction" : "noaction",
    executionInfo: { startTime: aTime, poolId },
  };
}
