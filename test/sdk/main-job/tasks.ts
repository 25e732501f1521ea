import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { fileIn, rawSender, storedFiles } from "../raw.ts";
import { anETag, aTime, UNLIMITED } from "./forms.ts";
import { expectActed, many, one, pages, type Scene } from "./scene.ts";

/** 0xC000013A: what the first versions tell of a task that was ended by its wall clock. */
const WALL_CLOCK_EXIT = -1_073_741_510;

/** Waits for the task's end, and gives it as read, held to the client's model. */
async function ended(scene: Scene, taskId: string): Promise<Doc> {
  const { client, jobId } = scene;
  const answer = await until(
    taskId,
    () => client.call("task", "get", jobId, taskId),
    (seen) => wire(seen).state === "completed",
  );
  return one(scene, answer, "CloudTask", "tasks");
}

/** Tasks run, each for something that it must be given or must be told of. */
export function tasksRun(scene: () => Scene): void {
  it("runs a task in its environment, and reads back all that it said", async () => {
    const { client, forms, jobId, poolId, server } = scene();
    const commandLine =
      "/bin/sh -c 'cat $AZ_BATCH_NODE_SHARED_DIR/mode; env | grep -E \"^(AZ_BATCH_|COMMON|OWN)\" | sort; echo to stderr >&2'";
    const added = await client.call("task", "add", jobId, {
      id: "env",
      displayName: "Its environment",
      commandLine,
      environmentSettings: [{ name: "OWN", value: "of the task" }],
      constraints: { maxTaskRetryCount: 2, maxWallClockTime: client.duration("PT90M") },
      ...forms.requiredSlots(2),
    });
    expectActed(scene(), added, 201, `/jobs/${jobId}/tasks/env`);
    const task = await ended(scene(), "env");
    const node = task.nodeInfo as Doc;
    const nodeUrl = `${server.url}/pools/${poolId}/nodes/${node.nodeId}`;
    expect(task).toEqual({
      id: "env",
      displayName: "Its environment",
      url: `${server.url}/jobs/${jobId}/tasks/env`,
      eTag: anETag,
      lastModified: aTime,
      creationTime: aTime,
      state: "completed",
      stateTransitionTime: aTime,
      previousState: "running",
      previousStateTransitionTime: aTime,
      commandLine,
      environmentSettings: [{ name: "OWN", value: "of the task" }],
      constraints: { maxWallClockTime: "PT1H30M", retentionTime: forms.unlimitedUnlessGiven, maxTaskRetryCount: 2 },
      ...forms.requiredSlots(2),
      userIdentity: forms.user,
      executionInfo: { startTime: aTime, endTime: aTime, exitCode: 0, retryCount: 0, requeueCount: 0, ...forms.success },
      nodeInfo: {
        affinityId: `TVM:${node.nodeId}`,
        nodeUrl,
        poolId,
        nodeId: expect.stringMatching(/^tvmps_/),
        taskRootDirectory: `workitems/${jobId}/job-1/env`,
        taskRootDirectoryUrl: `${nodeUrl}/files/workitems/${jobId}/job-1/env`,
      },
    });
    const { text } = await client.call("file", "getFromTask", jobId, "env", "stdout.txt");
    const [mode, ...variables] = text.trim().split("\n");
    expect(mode).toBe("started");
    expect(Object.fromEntries(variables.map((line) => line.split(/=(.*)/s)))).toMatchObject({
      AZ_BATCH_ACCOUNT_NAME: server.account,
      AZ_BATCH_ACCOUNT_URL: server.url,
      AZ_BATCH_JOB_ID: jobId,
      AZ_BATCH_NODE_ID: node.nodeId,
      AZ_BATCH_POOL_ID: poolId,
      AZ_BATCH_TASK_ID: "env",
      AZ_BATCH_TASK_DIR: expect.stringMatching(`/workitems/${jobId}/job-1/env$`),
      AZ_BATCH_TASK_WORKING_DIR: expect.stringMatching("/wd$"),
      COMMON: "of the job",
      OWN: "of the task",
    });
    expect((await client.call("file", "getFromTask", jobId, "env", "stderr.txt")).text).toBe("to stderr\n");
  });

  it("gives a task its files, by URL and by container", async () => {
    const { client, forms, jobId, server } = scene();
    const container = await storedFiles(rawSender(server), `input-${client.year}`, {
      "run me.sh": "#!/bin/sh\necho it ran\n",
      "data/a.txt": "a",
      "data/b.txt": "b",
      "other.txt": "no",
    });
    const byUrl = forms.file(fileIn(container, "run me.sh"), "bin/run.sh", "0755");
    const byContainer = { storageContainerUrl: container.href, blobPrefix: "data/", filePath: "in" };
    const contained = client.year === 2017 ? [] : [byContainer];
    await client.call("task", "add", jobId, {
      id: "files",
      commandLine: "/bin/sh -c 'bin/run.sh; find . -type f | sort'",
      resourceFiles: [byUrl, ...contained],
    });
    const task = await ended(scene(), "files");
    expect(task.executionInfo).toMatchObject({ exitCode: 0 });
    expect(task.resourceFiles).toEqual([byUrl, ...contained]);
    const { text } = await client.call("file", "getFromTask", jobId, "files", "stdout.txt");
    const found = client.year === 2017 ? [] : ["./in/data/a.txt", "./in/data/b.txt"];
    expect(text.trim().split("\n")).toEqual(["it ran", "./bin/run.sh", ...found]);
  });

  it("tries a task that fails again, and tells its exit code", async () => {
    const { client, forms, jobId } = scene();
    await client.call("task", "add", jobId, { id: "fails", commandLine: "/bin/sh -c 'exit 7'", constraints: { maxTaskRetryCount: 2 } });
    const { executionInfo } = await ended(scene(), "fails");
    expect(executionInfo).toEqual({
      startTime: aTime,
      endTime: aTime,
      exitCode: 7,
      retryCount: 2,
      lastRetryTime: aTime,
      requeueCount: 0,
      ...forms.failure("FailureExitCode"),
    });
  });

  it("tells of a program that is not there: no exit code, no other try", async () => {
    const { client, forms, jobId } = scene();
    await client.call("task", "add", jobId, { id: "absent", commandLine: "/no/such/program", constraints: { maxTaskRetryCount: 2 } });
    const { executionInfo } = await ended(scene(), "absent");
    expect(executionInfo).toEqual({
      startTime: aTime,
      endTime: aTime,
      retryCount: 0,
      requeueCount: 0,
      ...forms.failure("CommandProgramNotFound"),
    });
  });

  it("ends a task when its wall clock is over", async () => {
    const { client, forms, jobId } = scene();
    const constraints = { maxWallClockTime: client.duration("PT0.3S"), maxTaskRetryCount: 3 };
    await client.call("task", "add", jobId, { id: "slow", commandLine: "/bin/sleep 600", constraints });
    const task = await ended(scene(), "slow");
    expect(task.constraints).toMatchObject({ maxWallClockTime: "PT0.3S" });
    expect(task.executionInfo).toEqual({
      startTime: aTime,
      endTime: aTime,
      // The operating system's: 128 and the number of SIGKILL.
      exitCode: client.year === 2017 ? WALL_CLOCK_EXIT : 137,
      retryCount: 0,
      requeueCount: 0,
      ...forms.failure("TaskEnded"),
    });
  });

  it("terminates a task that runs, reactivates it, and deletes it", async () => {
    const { client, forms, jobId, poolId } = scene();
    const url = `/jobs/${jobId}/tasks/stopped`;
    await client.call("task", "add", jobId, {
      id: "stopped",
      commandLine: "/bin/sh -c 'test -e $AZ_BATCH_NODE_SHARED_DIR/go && exit 0; sleep 600'",
    });
    await until(
      "it running",
      () => client.call("task", "get", jobId, "stopped"),
      (seen) => wire(seen).state === "running",
    );
    const { nodeId } = wire(await client.call("task", "get", jobId, "stopped")).nodeInfo as { nodeId: string };
    const node = () => client.call("computeNode", "get", poolId, nodeId);
    const busy = await until("its node running", node, (seen) => wire(seen).state === "running");
    one(scene(), busy, "ComputeNode", "nodes");
    expectActed(scene(), await client.call("task", "terminate", jobId, "stopped"), 204, `${url}/terminate`);
    const first = await ended(scene(), "stopped");
    expect(first.executionInfo).toMatchObject(forms.failure("TaskEnded"));
    await expect(client.call("task", "terminate", jobId, "stopped")).rejects.toMatchObject({ statusCode: 409, code: "TaskCompleted" });
    expectActed(scene(), await client.call("task", "reactivate", jobId, "stopped"), 204, `${url}/reactivate`);
    await expect(client.call("task", "reactivate", jobId, "stopped")).rejects.toMatchObject({ statusCode: 409, code: "TaskNotCompleted" });
    await expect(client.call("task", "reactivate", jobId, "env")).rejects.toMatchObject({ statusCode: 409, code: "TaskSucceeded" });
    const deleted = await client.call("task", "deleteMethod", jobId, "stopped");
    expectActed(scene(), deleted, 200, url);
    await expect(client.call("task", "get", jobId, "stopped")).rejects.toMatchObject({ statusCode: 404, code: "TaskNotFound" });
  });
}

/** A collection is added, listed page by page, and counted. */
export function tasksInBulk(scene: () => Scene): void {
  const ids = Array.from({ length: 25 }, (_, index) => `many-${String(index).padStart(2, "0")}`);

  it("adds a collection, and is told of each task", async () => {
    const { client, jobId, server } = scene();
    const tasks = ids.map((id, index) => ({ id, commandLine: `/bin/sh -c 'exit ${index % 5}'`, constraints: { maxTaskRetryCount: 0 } }));
    const added = await client.call("task", "addCollection", jobId, tasks);
    const result = wire(added);
    expect(added.status).toBe(200);
    expect(result.value).toEqual(
      ids.map((taskId) => ({
        status: "success",
        taskId,
        eTag: anETag,
        lastModified: aTime,
        location: `${server.url}/jobs/${jobId}/tasks/${taskId}`,
      })),
    );
    const read = added.value as { value: { status: string; taskId: string; lastModified: Date }[] };
    expect(read.value.map(({ taskId }) => taskId)).toEqual(ids);
    expect(read.value.every(({ status }) => status.toLowerCase() === "success")).toBe(true);
    const again = wire(await client.call("task", "addCollection", jobId, tasks.slice(0, 1)));
    expect(again.value).toEqual([
      {
        status: client.year === 2017 ? "clientError" : "clienterror",
        taskId: ids[0],
        error: { code: "TaskExists", message: { lang: "en-US", value: expect.stringMatching(/RequestId:.+\nTime:/) } },
      },
    ]);
  });

  it("lists tasks by pages, by filter, with the properties that it selects", async () => {
    const { client, jobId } = scene();
    const list = (options: Doc) => client.call("task", "list", jobId, { taskListOptions: options });
    const mine = "startswith(id,'many-')";
    const done = () => list({ filter: `${mine} and state eq 'completed'`, select: "id" });
    await until("all of the collection", done, (seen) => (wire(seen).value as Doc[]).length === ids.length);
    const all = await pages(scene(), "task", await list({ maxResults: 10, filter: mine, select: "id,state,executionInfo" }));
    expect(all.map((page) => (wire(page).value as Doc[]).length)).toEqual([10, 10, 5]);
    const tasks = all.flatMap((page) => many(scene(), page, "CloudTask", "tasks"));
    expect(tasks.map((task) => task.id)).toEqual(ids);
    expect(tasks.map((task) => Object.keys(task).sort().join())).toEqual(ids.map(() => "executionInfo,id,state"));
    const failed = await list({ filter: `${mine} and executionInfo/exitCode ge 3`, select: "id" });
    expect(many(scene(), failed, "CloudTask", "tasks")).toHaveLength(10);
    const first = await list({ filter: mine, maxResults: 1 });
    const [task] = many(scene(), first, "CloudTask", "tasks");
    expect(task?.constraints).toEqual({
      maxWallClockTime: UNLIMITED,
      retentionTime: scene().forms.unlimitedUnlessGiven,
      maxTaskRetryCount: 0,
    });
  });

  it("counts tasks, in the versions that count", async () => {
    const { client, jobId } = scene();
    if (client.year === 2017) return;
    const counts = () => client.call("job", "getTaskCounts", jobId);
    const tasks = (seen: Doc) => (client.year === 2022 ? (seen.taskCounts as Doc) : seen);
    const settled = await until("the counts", counts, (seen) => tasks(wire(seen)).active === 0 && tasks(wire(seen)).running === 0);
    // held, env and files succeed; fails, absent and slow do not; of the 25, those with exit code 0.
    const expected = { active: 0, running: 0, completed: 31, succeeded: 8, failed: 23 };
    const seen = one(scene(), settled, client.year === 2022 ? "TaskCountsResult" : "TaskCounts", "taskcounts");
    expect(seen).toEqual(
      client.year === 2022 ? { taskCounts: expected, taskSlotCounts: { ...expected, completed: 32, succeeded: 9 } } : expected,
    );
  });
}
