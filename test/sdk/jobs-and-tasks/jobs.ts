import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { type Doc, wire } from "../clients/index.ts";
import { SLEEPS, type Stage, sh } from "./stage.ts";

/** What a job decides for its tasks: when they may run, where, and before which others. */
export function jobsDecide(stage: () => Stage): void {
  it("completes a job without tasks that is to end with its last one", async () => {
    const jobId = await stage().job("empty");
    await stage().client.call("job", "patch", jobId, { onAllTasksComplete: "terminateJob" });
    expect((await stage().jobReaches(jobId, "completed")).executionInfo).toMatchObject({ terminateReason: "AllTasksComplete" });
  });

  it("lets what runs end when a job is disabled so, and starts nothing more of it", async () => {
    const { client } = stage();
    const jobId = await stage().job("waits");
    await stage().add(jobId, { id: "runs", commandLine: sh("until test -e go; do sleep 0.1; done") });
    await stage().reaches(jobId, "runs", "running");
    await client.call("job", "disable", jobId, "wait");
    await stage().add(jobId, { id: "held", commandLine: sh("true") });
    expect(wire(await client.call("job", "get", jobId)).state).toBe("disabling");
    expect(await stage().why(jobId, "held")).toEqual(["JobDisabled"]);
    await client.call("task", "terminate", jobId, "runs");
    await stage().jobReaches(jobId, "disabled");
    expect((await stage().task(jobId, "held")).state).toBe("active");
    await client.call("job", "enable", jobId);
    await stage().ended(jobId, "held");
  });

  it("moves a job to another pool while it is disabled", async () => {
    const { client, poolId } = stage();
    const jobId = await stage().job("moved", { poolInfo: { poolId: "nowhere" } });
    await stage().add(jobId, { id: "t", commandLine: sh("true") });
    expect(await stage().why(jobId)).toEqual(["PoolMissing"]);
    await client.call("job", "disable", jobId, "requeue");
    await stage().jobReaches(jobId, "disabled");
    await client.call("job", "patch", jobId, { poolInfo: { poolId } });
    await client.call("job", "enable", jobId);
    expect((await stage().ended(jobId, "t")).nodeInfo).toMatchObject({ poolId });
    expect(wire(await client.call("job", "get", jobId)).executionInfo).toMatchObject({ poolId });
  });

  it("lets the job of the highest priority go first, as it is now, and interrupts nothing for it", async () => {
    const { client, slots } = stage();
    const full = await stage().job("full");
    const ids = Array.from({ length: slots }, (_, index) => `t${index}`);
    await stage().add(full, ...ids.map((id) => ({ id, commandLine: SLEEPS })));
    for (const id of ids) await stage().reaches(full, id, "running");
    const first = await stage().job("first", { priority: 10 });
    const raised = await stage().job("raised", { priority: -1000 });
    for (const jobId of [first, raised]) await stage().add(jobId, { id: "t", commandLine: sh("date +%s%N; exec sleep 600") });
    await client.call("job", "patch", raised, { priority: 1000 });
    // A node that ran short tasks before may have taken one ahead, for a moment.
    await until(
      "both waiting",
      async () =>
        [await stage().reasons(raised, "t"), await stage().reasons(first, "t")].map(([reason]) => `${reason?.code} ${reason?.ahead}`),
      (seen) => seen.join() === "NoFreeSlot 0,NoFreeSlot 1",
    );
    const startOf = (jobId: string) =>
      until(
        `the start of ${jobId}`,
        async () =>
          Number(
            await stage()
              .stdout(jobId, "t")
              .catch(() => 0),
          ),
        (at) => at > 0,
        60_000,
      );
    await client.call("task", "terminate", full, "t0");
    const start = await startOf(raised);
    for (const jobId of [raised, full]) await client.call("job", "terminate", jobId);
    expect(await startOf(first)).toBeGreaterThan(start);
    await client.call("job", "terminate", first);
    await stage().jobReaches(first, "completed");
  });

  it("counts the tasks of a job that is quiet exactly", async () => {
    const { client } = stage();
    if (client.year === 2017) return;
    const jobId = await stage().job("counted", { usesTaskDependencies: true });
    const commands = { good: "true", bad: "exit 1", blocked: "true" };
    await stage().add(
      jobId,
      ...Object.entries(commands).map(([id, command]) => ({
        id,
        commandLine: sh(command),
        ...(id === "blocked" && { dependsOn: { taskIds: ["bad"] } }),
      })),
    );
    for (const id of ["good", "bad"]) await stage().ended(jobId, id);
    const counts = async () => {
      const { taskCounts, ...rest } = wire(await client.call("job", "getTaskCounts", jobId));
      return (taskCounts ?? rest) as Doc;
    };
    await until(
      "the counts",
      counts,
      ({ active, running, succeeded, failed }) => `${active} ${running} ${succeeded} ${failed}` === "1 0 1 1",
    );
  });
}
