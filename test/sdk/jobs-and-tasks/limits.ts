import { expect, it } from "vitest";
import { until } from "../../support/server.ts";
import { codeOf, SLEEPS, type Stage, sh } from "./stage.ts";

/** How often and how long a task may run, and how long its files are kept. */
export function tasksHaveLimits(stage: () => Stage): void {
  it("updates a task's constraints, and ends a task by its wall clock in the version's own form", async () => {
    const { client, forms } = stage();
    const jobId = await stage().job("limits");
    await stage().add(jobId, {
      id: "slow",
      commandLine: SLEEPS,
      constraints: { maxWallClockTime: client.duration("PT1S"), maxTaskRetryCount: 3 },
    });
    await client.call("task", "update", jobId, "slow", {
      constraints: { maxWallClockTime: client.duration("PT2S"), maxTaskRetryCount: 5 },
    });
    const slow = await stage().ended(jobId, "slow");
    expect(slow.constraints).toMatchObject({ maxTaskRetryCount: 5 });
    expect(slow.executionInfo).toMatchObject({ retryCount: 0, ...forms.failure("TaskEnded") });
    if (client.year === 2017) expect(slow.executionInfo).toMatchObject({ exitCode: -1073741510 });
  });

  it("tries a task again as often as it takes, where there is no limit, and takes the job's limit for one without", async () => {
    const jobId = await stage().job("tries", { constraints: { maxTaskRetryCount: 1 } });
    const third = sh(
      "echo x >> $AZ_BATCH_NODE_SHARED_DIR/$AZ_BATCH_JOB_ID; test $(wc -l < $AZ_BATCH_NODE_SHARED_DIR/$AZ_BATCH_JOB_ID) -ge 3",
    );
    await stage().add(
      jobId,
      { id: "third", commandLine: third, constraints: { maxTaskRetryCount: -1 } },
      { id: "never", commandLine: sh("exit 6") },
    );
    expect((await stage().ended(jobId, "third")).executionInfo).toMatchObject({ exitCode: 0, retryCount: 2 });
    expect((await stage().ended(jobId, "never")).executionInfo).toMatchObject({ exitCode: 6, retryCount: 1 });
  });

  it("keeps a task's files as long as it asks for, and says so when they are gone", async () => {
    const { client } = stage();
    const jobId = await stage().job("kept");
    await stage().add(jobId, { id: "t", commandLine: sh("echo here"), constraints: { retentionTime: client.duration("PT3S") } });
    await stage().ended(jobId, "t");
    expect(await stage().stdout(jobId, "t")).toBe("here\n");
    const listed = () => codeOf(client.call("file", "listFromTask", jobId, "t"));
    expect(await until("its files gone", listed, (seen) => seen !== "done")).toBe("TaskFilesCleanedup");
  });

  it("runs no more tasks of a job at a time than it may", async () => {
    const { poolId, send } = stage();
    const jobId = stage().named("few");
    await stage().addNewest("job", "/jobs", { id: jobId, poolInfo: { poolId }, maxParallelTasks: 1, allowTaskPreemption: true });
    expect(JSON.parse((await send("GET", `/jobs/${jobId}`)).text)).toMatchObject({ maxParallelTasks: 1, allowTaskPreemption: true });
    const ids = ["a", "b", "c"];
    await stage().add(jobId, ...ids.map((id) => ({ id, commandLine: sh("date +%s%N; sleep 0.2; date +%s%N") })));
    for (const id of ids) await stage().ended(jobId, id);
    const spans = await Promise.all(ids.map(async (id) => (await stage().stdout(jobId, id)).trim().split("\n").map(BigInt)));
    spans.sort(([x = 0n], [y = 0n]) => (x < y ? -1 : 1));
    for (const [index, [start = 0n]] of spans.entries()) if (index > 0) expect(start > (spans[index - 1]?.[1] ?? 0n)).toBe(true);
  });

  it("gives a task all the slots that it needs, and says where no node has so many", async () => {
    const { slots } = stage();
    const jobId = await stage().job("slots");
    const task = (id: string, requiredSlots: number, commandLine = sh("true")) =>
      stage().addNewest("task", `/jobs/${jobId}/tasks`, { id, commandLine, requiredSlots });
    await task("all", slots, SLEEPS);
    await task("too-many", slots + 1);
    await stage().reaches(jobId, "all", "running");
    expect(await stage().why(jobId, "too-many")).toEqual(["TooManySlots"]);
    await task("one", 1);
    await until(
      "no room",
      () => stage().why(jobId, "one"),
      ([code]) => code === "NoFreeSlot",
    );
    await stage().client.call("task", "terminate", jobId, "all");
    await stage().ended(jobId, "one");
  });
}
