import { expect, it } from "vitest";
import { MACHINES } from "../../support/machines.ts";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { aTime } from "./forms.ts";
import { many, one, pages, type Scene } from "./scene.ts";

/** How jobs end by themselves, what disabling does to what runs, and how several of them are listed. */
export function jobsEndByThemselves(scene: () => Scene): void {
  const job = async (id: string, more: Doc = {}) => {
    const { client, poolId } = scene();
    await client.call("job", "add", { id, poolInfo: { poolId }, ...more });
  };
  const task = (jobId: string, id: string, commandLine: string) => scene().client.call("task", "add", jobId, { id, commandLine });
  const jobIn = async (id: string, state: string) => {
    const { client } = scene();
    const answer = await until(
      `${id} ${state}`,
      () => client.call("job", "get", id),
      (seen) => wire(seen).state === state,
    );
    return one(scene(), answer, "CloudJob", "jobs");
  };
  const taskIn = async (jobId: string, id: string, state: string) => {
    const { client } = scene();
    const answer = await until(
      `${id} ${state}`,
      () => client.call("task", "get", jobId, id),
      (seen) => wire(seen).state === state,
    );
    return one(scene(), answer, "CloudTask", "tasks");
  };
  const named = (name: string) => `${name}-${scene().client.year}`;

  it("ends a job with its last task, when it is to", async () => {
    const id = named("ends");
    await job(id);
    await task(id, "last", "/bin/true");
    await scene().client.call("job", "patch", id, { onAllTasksComplete: "terminateJob" });
    const ended = await jobIn(id, "completed");
    expect(ended.onAllTasksComplete).toBe(scene().client.year === 2017 ? "terminateJob" : "terminatejob");
    expect(ended.executionInfo).toEqual({ startTime: aTime, endTime: aTime, poolId: scene().poolId, terminateReason: "AllTasksComplete" });
  });

  it("ends a job when its wall clock is over, with what runs of it", async () => {
    const { client, forms } = scene();
    const id = named("overdue");
    await job(id);
    await task(id, "runs", "/bin/sleep 600");
    await taskIn(id, "runs", "running");
    await client.call("job", "patch", id, { constraints: { maxWallClockTime: client.duration("PT1S") } });
    const ended = await jobIn(id, "completed");
    expect(ended.executionInfo).toMatchObject({ terminateReason: "MaxWallClockTimeExpiry" });
    expect((await taskIn(id, "runs", "completed")).executionInfo).toMatchObject(forms.failure("TaskEnded"));
  });

  it("requeues what runs when its job is disabled, and runs it again", async () => {
    const { client } = scene();
    const id = named("requeued");
    await job(id);
    await task(id, "once-more", "/bin/sleep 600");
    await taskIn(id, "once-more", "running");
    await client.call("job", "disable", id, "requeue");
    await jobIn(id, "disabled");
    const waits = await taskIn(id, "once-more", "active");
    expect(waits).toMatchObject({ previousState: "running", executionInfo: { retryCount: 0, requeueCount: 1, lastRequeueTime: aTime } });
    expect(waits.executionInfo).not.toHaveProperty("endTime");
    await client.call("job", "enable", id);
    expect(await taskIn(id, "once-more", "running")).toMatchObject({ executionInfo: { retryCount: 0, requeueCount: 1 } });
    expect(await jobIn(id, "active")).toMatchObject({ previousState: expect.stringMatching(/^(disabled|enabling)$/) });
  });

  it("ends what runs when its job is disabled so", async () => {
    const { client, forms } = scene();
    const id = named("cut");
    await job(id);
    await task(id, "runs", "/bin/sleep 600");
    await taskIn(id, "runs", "running");
    await client.call("job", "disable", id, "terminate");
    expect((await taskIn(id, "runs", "completed")).executionInfo).toMatchObject(forms.failure("TaskEnded"));
    await jobIn(id, "disabled");
  });

  it("lists jobs page by page", async () => {
    const { client } = scene();
    const ids = ["cut", "ends", "overdue", "requeued"].map(named);
    const filter = ids.map((id) => `startswith(id,'${id}')`).join(" or ");
    const listed = await pages(scene(), "job", await client.call("job", "list", { jobListOptions: { filter, maxResults: 1 } }));
    expect(listed.flatMap((page) => many(scene(), page, "CloudJob", "jobs")).map(({ id }) => id)).toEqual(ids);
    for (const id of ids) await client.call("job", "deleteMethod", id);
    for (const id of ids)
      await until(
        `${id} gone`,
        () =>
          client.call("job", "get", id).then(
            () => true,
            () => false,
          ),
        (there) => !there,
      );
  });
}

/** A start task that fails keeps its node from tasks; nodes of low priority, where the version knows them. */
export function nodesFail(scene: () => Scene): void {
  it("tells of a start task that failed", async () => {
    const { client, forms } = scene();
    const id = `failing-${client.year}`;
    await client.call("pool", "add", {
      id,
      ...MACHINES,
      ...(client.year === 2017 ? { targetDedicated: 1 } : { targetLowPriorityNodes: 1 }),
      startTask: { commandLine: "/bin/sh -c 'exit 9'", maxTaskRetryCount: 1, waitForSuccess: true },
    });
    const failed = client.year === 2017 ? "startTaskFailed" : "starttaskfailed";
    const list = () => client.call("computeNode", "list", id);
    const answer = await until("the node", list, (seen) => (wire(seen).value as Doc[])[0]?.state === failed);
    const [node] = many(scene(), answer, "ComputeNode", "nodes");
    expect(node?.startTaskInfo).toEqual({
      state: "completed",
      startTime: aTime,
      endTime: aTime,
      exitCode: 9,
      retryCount: 1,
      lastRetryTime: aTime,
      ...forms.failure("FailureExitCode"),
    });
    if (client.year !== 2017) expect(node).toMatchObject({ id: expect.stringMatching(/_p$/), isDedicated: false });
    expect(wire(await client.call("pool", "get", id))).toMatchObject(
      client.year === 2017 ? { targetDedicated: 1 } : { targetDedicatedNodes: 0, targetLowPriorityNodes: 1 },
    );
    await client.call("pool", "deleteMethod", id);
    await until(
      "the pool gone",
      async () => (await client.call("pool", "exists", id)).status,
      (status) => status === 404,
    );
  });
}
