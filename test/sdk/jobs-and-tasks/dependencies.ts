import { expect, it } from "vitest";
import type { Doc } from "../clients/index.ts";
import { signedUrl } from "../raw.ts";
import { codeOf, type Stage, sh } from "./stage.ts";

const STAMP = sh("date +%s%N");
const behind = (id: string, upstream: string) => ({ id, commandLine: sh("true"), dependsOn: { taskIds: [upstream] } });

/** Tasks that depend on one another, on tasks still to come, and on how others end. */
export function tasksDepend(stage: () => Stage): void {
  const job = (id: string, more: Doc = {}) => stage().job(id, { usesTaskDependencies: true, ...more });

  it("runs tasks in the order of their ids' and ranges' dependencies, and shows them again", async () => {
    const jobId = await job("order");
    const dependsOn = { taskIds: ["b"], taskIdRanges: [{ start: 1, end: 3 }] };
    await stage().add(
      jobId,
      { id: "last", commandLine: STAMP, dependsOn },
      { id: "b", commandLine: STAMP, dependsOn: { taskIds: ["a"] } },
      { id: "a", commandLine: sh("sleep 0.3; date +%s%N") },
      { id: "1", commandLine: STAMP },
      { id: "002", commandLine: STAMP },
    );
    await stage().ended(jobId, "b");
    expect((await stage().task(jobId, "last")).state).toBe("active");
    expect(await stage().reasons(jobId, "last")).toMatchObject([
      { code: "Blocked", dependencies: expect.arrayContaining([{ taskId: "3", state: "missing" }]) },
    ]);
    await stage().add(jobId, { id: "3", commandLine: STAMP });
    const last = await stage().ended(jobId, "last");
    expect(last.executionInfo).toMatchObject({ exitCode: 0 });
    expect(last.dependsOn).toEqual(dependsOn);
    const times = await Promise.all(["a", "b", "last"].map(async (id) => BigInt((await stage().stdout(jobId, id)).trim())));
    expect(times).toEqual([...times].sort((x, y) => (x < y ? -1 : 1)));
  });

  it("blocks behind a failure, and lets one satisfy where its exit conditions say so", async () => {
    const jobId = await job("conditions");
    const exitConditions = {
      exitCodes: [{ code: 4, exitOptions: { dependencyAction: "satisfy" } }],
      exitCodeRanges: [{ start: 1, end: 9, exitOptions: { dependencyAction: "block" } }],
      default: { dependencyAction: "satisfy" },
    };
    const exits = (id: string, code: number) => ({ id, commandLine: sh(`exit ${code}`), exitConditions });
    await stage().add(
      jobId,
      exits("four", 4),
      exits("five", 5),
      exits("ten", 10),
      behind("b4", "four"),
      behind("b5", "five"),
      behind("b10", "ten"),
    );
    expect((await stage().ended(jobId, "b4")).executionInfo).toMatchObject({ exitCode: 0 });
    expect((await stage().ended(jobId, "b10")).executionInfo).toMatchObject({ exitCode: 0 });
    expect((await stage().ended(jobId, "five")).exitConditions).toEqual(exitConditions);
    expect((await stage().task(jobId, "b5")).state).toBe("active");
  });

  it("goes on behind a failure that is reactivated and succeeds", async () => {
    const jobId = await job("mended");
    const once = sh(
      "test -e $AZ_BATCH_NODE_SHARED_DIR/$AZ_BATCH_JOB_ID && exit 0; touch $AZ_BATCH_NODE_SHARED_DIR/$AZ_BATCH_JOB_ID; exit 1",
    );
    await stage().add(jobId, { id: "once", commandLine: once }, behind("next", "once"));
    await stage().ended(jobId, "once");
    expect(await stage().reasons(jobId, "next")).toMatchObject([{ code: "Blocked", dependencies: [{ taskId: "once", state: "failed" }] }]);
    await stage().client.call("task", "reactivate", jobId, "once");
    expect((await stage().ended(jobId, "next")).executionInfo).toMatchObject({ exitCode: 0 });
    expect((await stage().task(jobId, "once")).executionInfo).toMatchObject({ exitCode: 0, retryCount: 0 });
  });

  it("tells tasks that wait for one another what they do", async () => {
    const jobId = await job("circle");
    await stage().add(jobId, behind("self", "self"), behind("x", "y"), behind("y", "x"));
    expect(await stage().reasons(jobId, "self")).toMatchObject([{ code: "DependencyCycle", cycle: ["self"] }, { code: "Blocked" }]);
    const [circle] = await stage().reasons(jobId, "x");
    expect([...((circle?.cycle ?? []) as string[])].sort()).toEqual(["x", "y"]);
  });

  it("ends or disables a job by the exit of a task", async () => {
    const acting = stage().client.year === 2017 ? "performExitOptionsJobAction" : "performexitoptionsjobaction";
    const ending = await job("ending", { onTaskFailure: acting });
    const disabling = await job("disabling", { onTaskFailure: acting });
    await stage().add(ending, { id: "t", commandLine: sh("exit 1") });
    const exitConditions = { exitCodes: [{ code: 2, exitOptions: { jobAction: "disable" } }] };
    await stage().add(disabling, { id: "t", commandLine: sh("exit 2"), exitConditions });
    expect((await stage().jobReaches(ending, "completed")).executionInfo).toMatchObject({ terminateReason: "TaskFailed" });
    await stage().jobReaches(disabling, "disabled");
    expect(await stage().why(disabling)).toEqual(["JobDisabled"]);
  });

  it("acts on what fails before the command, and after it", async () => {
    const { client, forms, send } = stage();
    const jobId = await job("around");
    const satisfy = { dependencyAction: "satisfy" };
    const gone = await signedUrl(send, stage().named("gone"), "r");
    gone.pathname += "/nothing";
    const before = client.year === 2017 ? { schedulingError: satisfy } : { preProcessingError: satisfy };
    await stage().add(
      jobId,
      { id: "before", commandLine: sh("true"), resourceFiles: [forms.file(gone.href, "nothing")], exitConditions: before },
      behind("next", "before"),
    );
    expect((await stage().ended(jobId, "next")).executionInfo).toMatchObject({ exitCode: 0 });
    const { executionInfo, exitConditions } = await stage().task(jobId, "before");
    expect(executionInfo).toMatchObject({ retryCount: 0, ...forms.failure("BlobNotFound") });
    expect(executionInfo).not.toHaveProperty("exitCode");
    expect(exitConditions).toEqual(before);
    if (client.year === 2017) return;
    const outputFiles = [
      {
        filePattern: "../stdout.txt",
        destination: { container: { containerUrl: gone.href } },
        uploadOptions: { uploadCondition: "taskcompletion" },
      },
    ];
    await stage().add(
      jobId,
      { id: "after", commandLine: sh("true"), outputFiles, exitConditions: { fileUploadError: satisfy } },
      behind("last", "after"),
    );
    expect((await stage().ended(jobId, "last")).executionInfo).toMatchObject({ exitCode: 0 });
    expect((await stage().task(jobId, "after")).executionInfo).toMatchObject({ exitCode: 0, result: "failure" });
  });

  it("refuses what its job does not do, and ranges that are backwards", async () => {
    const jobId = await stage().job("plain");
    const refusals = await Promise.all(
      [
        { dependsOn: { taskIds: ["x"] } },
        { exitConditions: { default: { jobAction: "terminate" } } },
        { dependsOn: { taskIdRanges: [{ start: 2, end: 1 }] } },
        { dependsOn: { taskIds: Array.from({ length: 1_001 }, (_, i) => String(i).padStart(64, "0")) } },
      ].map((more) => codeOf(stage().client.call("task", "add", jobId, { id: "t", commandLine: sh("true"), ...more }))),
    );
    expect(refusals).toEqual([
      "TaskDependenciesNotSpecifiedOnJob",
      "InvalidPropertyValue",
      "InvalidPropertyValue",
      "TaskDependencyListTooLong",
    ]);
    expect(await stage().why(jobId)).toEqual(["NoTasks"]);
  });
}
