import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { codeOf, type Stage, sh } from "../jobs-and-tasks/stage.ts";
import { aTime } from "../main-job/forms.ts";
import { many, sceneOf } from "../main-job/scene.ts";

const STATUS = "jobpreparationandreleasetaskstatus";
const MODEL = "JobPreparationAndReleaseTaskExecutionInformation";

/** What the job's preparation and release did, held to the client's own model. */
async function statusOf({ client, server }: Stage, jobId: string, options: Doc = {}): Promise<Doc[]> {
  const answer = await client.call("job", "listPreparationAndReleaseTaskStatus", jobId, {
    jobListPreparationAndReleaseTaskStatusOptions: options,
  });
  return many(sceneOf(client, server), answer, MODEL, STATUS);
}

const nodeFile = async ({ client, poolId }: Stage, nodeId: unknown, path: string): Promise<string> =>
  (await client.call("file", "getFromComputeNode", poolId, nodeId, path)).text;

/** A job that is prepared on its node, and released there. */
export function preparesAndReleases(stage: () => Stage): void {
  it("prepares a node once, before the job's tasks, and releases it before the job is over", async () => {
    const { client, forms, poolId, server } = stage();
    const jobId = await stage().job("prepared", {
      commonEnvironmentSettings: [{ name: "WORD", value: "ready" }],
      jobPreparationTask: { commandLine: sh("echo $WORD >> word; echo $AZ_BATCH_TASK_ID $AZ_BATCH_JOB_ID") },
      jobReleaseTask: { commandLine: sh("cat $AZ_BATCH_JOB_PREP_WORKING_DIR/word; echo $AZ_BATCH_TASK_ID") },
    });
    const read = sh("cat $AZ_BATCH_JOB_PREP_WORKING_DIR/word");
    await stage().add(jobId, { id: "a", commandLine: read }, { id: "b", commandLine: read });
    for (const id of ["a", "b"]) expect((await stage().ended(jobId, id)).executionInfo).toMatchObject({ exitCode: 0 });
    for (const id of ["a", "b"]) expect(await stage().stdout(jobId, id)).toBe("ready\n");
    const [before] = await statusOf(stage(), jobId);
    expect(before?.jobReleaseTaskExecutionInfo).toBeUndefined();
    await client.call("job", "terminate", jobId);
    await stage().jobReaches(jobId, "completed");
    const [status, ...others] = await statusOf(stage(), jobId);
    expect(others).toEqual([]);
    const nodeId = status?.nodeId as string;
    const nodeUrl = `${server.url}/pools/${poolId}/nodes/${nodeId}`;
    const over = { state: "completed", startTime: aTime, endTime: aTime, exitCode: 0, ...forms.success };
    const at = (id: string) => {
      const taskRootDirectory = `workitems/${jobId}/job-1/${id}`;
      return { taskRootDirectory, taskRootDirectoryUrl: `${nodeUrl}/files/${taskRootDirectory}` };
    };
    expect(status).toEqual({
      poolId,
      nodeId,
      nodeUrl,
      jobPreparationTaskExecutionInfo: { ...over, ...at("jobpreparation"), retryCount: 0 },
      jobReleaseTaskExecutionInfo: { ...over, ...at("jobrelease") },
    });
    expect(await nodeFile(stage(), nodeId, `${at("jobpreparation").taskRootDirectory}/stdout.txt`)).toBe(`jobpreparation ${jobId}\n`);
    expect(await nodeFile(stage(), nodeId, `${at("jobrelease").taskRootDirectory}/stdout.txt`)).toBe("ready\njobrelease\n");
    const job = wire(await client.call("job", "get", jobId));
    expect(job.jobPreparationTask).toMatchObject({ id: "jobpreparation", waitForSuccess: true, rerunOnNodeRebootAfterSuccess: true });
    expect(job.jobReleaseTask).toMatchObject({ id: "jobrelease", maxWallClockTime: "PT15M" });
  });
}

/** What tasks wait for, and what becomes of a job that a node cannot be prepared for. */
export function preparationHoldsBack(stage: () => Stage): void {
  it("shows tasks as preparing while their node prepares", async () => {
    const { client } = stage();
    const go = `$AZ_BATCH_NODE_SHARED_DIR/${stage().named("go")}`;
    const jobId = await stage().job("waits", {
      jobPreparationTask: { commandLine: sh(`while ! test -f ${go}; do sleep 0.05; done`) },
    });
    await stage().add(jobId, { id: "t", commandLine: sh("sleep 1000") });
    expect((await stage().reaches(jobId, "t", "preparing")).executionInfo).not.toHaveProperty("startTime");
    const listed = wire(await client.call("task", "list", jobId, { taskListOptions: { filter: "state eq 'preparing'" } }));
    expect((listed.value as Doc[]).map(({ id }) => id)).toEqual(["t"]);
    if (client.year > 2017) {
      // Counted a moment later.
      await until(
        "it counted as running",
        async () => wire(await client.call("job", "getTaskCounts", jobId)),
        (seen) => ((client.year === 2022 ? seen.taskCounts : seen) as Doc).running === 1,
      );
    }
    expect(await stage().why(jobId, "t")).toEqual(["Preparing"]);
    const [status] = await until(
      "its preparation",
      () => statusOf(stage(), jobId),
      (seen) => seen.length === 1,
    );
    expect(status?.jobPreparationTaskExecutionInfo).toMatchObject({ state: "running", retryCount: 0 });
    const helper = await stage().job("lets-go");
    await stage().add(helper, { id: "touch", commandLine: sh(`touch ${go}`) });
    const task = await stage().reaches(jobId, "t", "running");
    expect(task).toMatchObject({ previousState: "preparing", executionInfo: { startTime: aTime } });
    await client.call("task", "terminate", jobId, "t");
    await stage().ended(jobId, "t");
  });

  it("keeps a job from a node that cannot be prepared for it, which runs other jobs", async () => {
    const { client } = stage();
    const jobId = await stage().job("unprepared", {
      jobPreparationTask: { id: "setup", commandLine: sh("echo tried; exit 3"), constraints: { maxTaskRetryCount: 1 } },
    });
    await stage().add(jobId, { id: "t", commandLine: sh("true") });
    const failed = "jobPreparationTaskExecutionInfo/exitCode eq 3";
    const [status] = await until(
      "the failure",
      () => statusOf(stage(), jobId, { filter: failed, select: "nodeId,jobPreparationTaskExecutionInfo" }),
      (seen) => seen.length === 1,
    );
    expect(status).toEqual({ nodeId: expect.any(String), jobPreparationTaskExecutionInfo: expect.any(Object) });
    const { forms } = stage();
    expect(status?.jobPreparationTaskExecutionInfo).toMatchObject({
      state: "completed",
      exitCode: 3,
      retryCount: 1,
      lastRetryTime: aTime,
      ...forms.failure("FailureExitCode"),
    });
    expect(await nodeFile(stage(), status?.nodeId, `workitems/${jobId}/job-1/setup/stdout.txt`)).toBe("tried\n");
    const other = await stage().job("beside");
    await stage().add(other, { id: "t", commandLine: sh("true") });
    await stage().ended(other, "t");
    const task = await stage().reaches(jobId, "t", "active");
    expect(task.executionInfo).toMatchObject({ retryCount: 0, requeueCount: 0 });
    await until(
      "why",
      () => stage().why(jobId, "t"),
      ([code]) => code === "PreparationFailed",
    );
    expect((await stage().reasons(jobId))[0]).toMatchObject({ code: "PreparationFailed", nodes: [status?.nodeId] });
    expect(await statusOf(stage(), jobId, { filter: "jobPreparationTaskExecutionInfo/state eq 'running'" })).toEqual([]);
    await client.call("job", "terminate", jobId);
    await stage().jobReaches(jobId, "completed");
  });

  it("releases a job that is deleted, then takes everything of it away", async () => {
    const { client } = stage();
    const log = `$AZ_BATCH_NODE_SHARED_DIR/${stage().named("deleted")}`;
    const jobId = await stage().job("deleted", {
      jobPreparationTask: { commandLine: sh(`echo prepared >> ${log}`) },
      jobReleaseTask: { id: "Goodbye", commandLine: sh(`sleep 0.2; echo released >> ${log}`), maxWallClockTime: client.duration("PT1M") },
    });
    await stage().add(jobId, { id: "t", commandLine: sh(`trap "" TERM; echo runs >> ${log}; sleep 1000`) });
    await stage().reaches(jobId, "t", "running");
    const [{ nodeId } = {}] = await statusOf(stage(), jobId);
    await until(
      "it to run",
      () => nodeFile(stage(), nodeId, `shared/${stage().named("deleted")}`),
      (text) => text.includes("runs"),
    );
    await client.call("job", "deleteMethod", jobId);
    await until(
      "it gone",
      () => codeOf(client.call("job", "get", jobId)),
      (code) => code === "JobNotFound",
    );
    expect(await nodeFile(stage(), nodeId, `shared/${stage().named("deleted")}`)).toBe("prepared\nruns\nreleased\n");
    expect(await codeOf(client.call("job", "listPreparationAndReleaseTaskStatus", jobId))).toBe("JobNotFound");
  });

  it("prepares a node again after a reboot, where it should", async () => {
    const { client, poolId } = stage();
    const prepared = async (id: string, rerunOnNodeRebootAfterSuccess: boolean) => {
      const commandLine = sh(`echo ${id} >> $AZ_BATCH_NODE_SHARED_DIR/${stage().named("reboots")}`);
      const jobId = await stage().job(id, { jobPreparationTask: { commandLine, rerunOnNodeRebootAfterSuccess } });
      await stage().add(jobId, { id: "before", commandLine: sh("true") });
      await stage().ended(jobId, "before");
      return jobId;
    };
    const jobs = [await prepared("always", true), await prepared("once", false)];
    const [{ nodeId } = {}] = await statusOf(stage(), jobs[0] as string);
    await client.call("computeNode", "reboot", poolId, nodeId);
    for (const jobId of jobs) {
      await stage().add(jobId, { id: "after", commandLine: sh("true") });
      await stage().ended(jobId, "after");
    }
    expect((await nodeFile(stage(), nodeId, `shared/${stage().named("reboots")}`)).trim().split("\n").sort()).toEqual([
      "always",
      "always",
      "once",
    ]);
  });
}

/** What preparation and release are refused for. */
export function preparationIsRefused(stage: () => Stage): void {
  it("refuses a release without a preparation, and ids that are taken, and nothing changes", async () => {
    const { client } = stage();
    const add = (more: Doc) =>
      codeOf(client.call("job", "add", { id: stage().named("refused"), poolInfo: { poolId: stage().poolId }, ...more }));
    const commandLine = sh("true");
    const jobPreparationTask = { commandLine };
    expect(await add({ jobReleaseTask: { commandLine } })).toBe("InvalidPropertyValue");
    expect(await add({ jobPreparationTask, jobReleaseTask: { id: "jobpreparation", commandLine } })).toBe("InvalidPropertyValue");
    expect(await add({ jobPreparationTask, jobReleaseTask: { commandLine, maxWallClockTime: client.duration("PT16M") } })).toBe(
      "InvalidPropertyValue",
    );
    expect(await codeOf(client.call("job", "get", stage().named("refused")))).toBe("JobNotFound");
    const jobId = await stage().job("ids", { jobPreparationTask, jobReleaseTask: { id: "Last", commandLine } });
    const task = (id: string) => codeOf(client.call("task", "add", jobId, { id, commandLine }));
    expect(await task("JobPreparation")).toBe("TaskIdSameAsJobPreparationTask");
    expect(await task("last")).toBe("TaskIdSameAsJobReleaseTask");
    expect((wire(await client.call("task", "list", jobId)).value as Doc[]).length).toBe(0);
    expect(await statusOf(stage(), jobId)).toEqual([]);
    const plain = await stage().job("plain");
    expect(await codeOf(client.call("job", "listPreparationAndReleaseTaskStatus", plain))).toBe("JobPreparationTaskNotSpecified");
  });
}
