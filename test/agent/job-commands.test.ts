import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JobCommand, PreparationOrder } from "../../core/protocol/job-commands.ts";
import { build } from "../../scripts/build.mjs";
import { FakeControlPlane, order } from "../support/fake-control-plane.ts";
import { isAlive, until } from "../support/processes.ts";

beforeAll(() => build());

let plane: FakeControlPlane;
beforeEach(async () => {
  plane = await FakeControlPlane.start();
});
afterEach(() => plane.close());

const job = { jobId: "job", uid: "u1" };
const PREPARATION = "jobpreparation";
const directory = (id: string) => join(plane.root, "workitems/job/job-1", id);
const file = (id: string, name: string) => readFileSync(join(directory(id), name), "utf8");
const shared = (name: string) => join(plane.root, "shared", name);
const lines = (name: string) => (existsSync(shared(name)) ? readFileSync(shared(name), "utf8").trim().split("\n") : []);
const sh = (script: string) => `/bin/sh -c '${script}'`;
/** Writes down that it ran. */
const noting = (word: string) => sh(`echo ${word} >> $AZ_BATCH_NODE_SHARED_DIR/log`);

const preparing = (commandLine: string, more: Partial<PreparationOrder> = {}): PreparationOrder => ({
  job,
  id: PREPARATION,
  commandLine,
  waitForSuccess: true,
  rerunAfterReboot: true,
  maxTaskRetryCount: 0,
  ...more,
});
const task = (id: string, commandLine = noting(id), more: Parameters<typeof order>[2] = {}) =>
  order(id, commandLine, { preparation: PREPARATION, ...more });
const run = (lease: string, preparation: PreparationOrder, ...tasks: ReturnType<typeof order>[]) =>
  plane.send({ kind: "run", boot: plane.boot, lease, tasks, preparations: [preparation] });
const release = (command?: Partial<JobCommand>) =>
  plane.send({
    kind: "release",
    job,
    ...(command && { release: { id: "jobrelease", commandLine: noting("released"), ...command } }),
  });
const ended = (kind: "preparation" | "release") => plane.of(kind).filter(({ report }) => report?.state === "completed");
const untilEnded = (kind: "preparation" | "release", count = 1) => plane.until(() => ended(kind).length === count, `${kind} ended`);
const restartAgent = async (agent: Awaited<ReturnType<FakeControlPlane["readyAgent"]>>) => {
  const gone = new Promise((resolve) => agent.once("exit", resolve));
  agent.kill("SIGKILL");
  await gone;
  plane.reports.length = 0;
  return plane.readyAgent();
};
const SLEEP = sh(
  "echo $$ > $AZ_BATCH_NODE_SHARED_DIR/pid.new; mv $AZ_BATCH_NODE_SHARED_DIR/pid.new $AZ_BATCH_NODE_SHARED_DIR/pid; sleep 1000",
);
const untilSleeping = async () => {
  await until(() => existsSync(shared("pid")));
  return Number(readFileSync(shared("pid"), "utf8"));
};

describe("a preparation", () => {
  it("runs once, before the job's first task, in its own directory with the job's environment", async () => {
    await plane.readyAgent({ slots: 2 });
    const script = sh("sleep 0.2; env > env.txt; echo prepared >> $AZ_BATCH_NODE_SHARED_DIR/log; echo out; echo err >&2");
    const preparation = preparing(script, { environment: [{ name: "COLOUR", value: "green" }] });
    run("L1", preparation, task("a"), task("b"));
    run("L2", preparation, task("c", sh("env > env.txt")));
    for (const id of ["a", "b", "c"]) expect((await plane.finished(id)).end.exitCode).toBe(0);
    expect(lines("log")[0]).toBe("prepared");
    expect(lines("log").slice(1).sort()).toEqual(["a", "b"]);
    expect(file(PREPARATION, "stdout.txt")).toBe("out\n");
    expect(file(PREPARATION, "stderr.txt")).toBe("err\n");
    const own = file(PREPARATION, "wd/env.txt");
    expect(own).toContain(`AZ_BATCH_TASK_ID=${PREPARATION}\n`);
    expect(own).toContain("AZ_BATCH_JOB_ID=job\n");
    expect(own).toContain("COLOUR=green\n");
    expect(own).not.toContain("AZ_BATCH_JOB_PREP_DIR");
    expect(file("c", "wd/env.txt")).toContain(`AZ_BATCH_JOB_PREP_DIR=${directory(PREPARATION)}\n`);
    expect(file("c", "wd/env.txt")).toContain(`AZ_BATCH_JOB_PREP_WORKING_DIR=${directory(PREPARATION)}/wd\n`);
    expect(plane.of("preparation")).toEqual([
      expect.objectContaining({
        job,
        id: PREPARATION,
        report: expect.objectContaining({ state: "completed", exitCode: 0, retryCount: 0 }),
      }),
    ]);
    expect(plane.reports.at(-1)?.load.prepared).toEqual(["u1"]);
  });

  it("that takes long is reported as running, and the tasks that were shown as preparing when they start", async () => {
    await plane.readyAgent();
    run("L1", preparing(sh("while ! test -f $AZ_BATCH_NODE_SHARED_DIR/go; do sleep 0.05; done")), task("a", "true", { preparing: true }));
    await plane.until(() => plane.of("preparation").some(({ report }) => report.state === "running"));
    expect(plane.of("task-started")).toEqual([]);
    writeFileSync(shared("go"), "");
    await plane.finished("a");
    await plane.until(() => plane.of("task-started").length === 1);
    expect(plane.of("task-started")).toMatchObject([{ task: { taskId: "a" }, prepared: true }]);
  });

  it("is tried again as often as it may; then the job's tasks go back, and others run", async () => {
    await plane.readyAgent({ slots: 1 });
    run("L1", preparing(sh("echo try >> $AZ_BATCH_NODE_SHARED_DIR/log; exit 7"), { maxTaskRetryCount: 2 }), task("a"), task("b"));
    plane.send({
      kind: "run",
      boot: plane.boot,
      lease: "L2",
      tasks: [order("other", "true", { task: { jobId: "o", uid: "u2", taskId: "other" } })],
    });
    await plane.finished("other");
    await plane.until(() => plane.of("task-returned").length === 2);
    expect(plane.of("task-returned").map(({ why }) => why)).toEqual(["preparation-failed", "preparation-failed"]);
    expect(lines("log")).toEqual(["try", "try", "try"]);
    expect(ended("preparation")).toMatchObject([{ report: { exitCode: 7, retryCount: 2, failure: { code: "FailureExitCode" } } }]);
    expect(plane.reports.at(-1)?.load).toMatchObject({ unprepared: ["u1"], want: 1 });
    run("L3", preparing(noting("again")), task("a", "true", { attempt: 2 }));
    await plane.until(() => plane.of("task-returned").length === 3);
    expect(lines("log")).toHaveLength(3);
  });

  it("without waiting for its success runs beside the tasks, which its failure does not touch", async () => {
    await plane.readyAgent({ slots: 1 });
    const go = sh("while ! test -f $AZ_BATCH_NODE_SHARED_DIR/go; do sleep 0.05; done; exit 1");
    run("L1", preparing(go, { waitForSuccess: false }), task("a", sh("touch $AZ_BATCH_NODE_SHARED_DIR/go")), task("b"));
    await plane.finished("b");
    await untilEnded("preparation");
    run("L2", preparing(go, { waitForSuccess: false }), task("c"));
    await plane.finished("c");
    expect(ended("preparation")).toHaveLength(1);
    expect(plane.reports.at(-1)?.load).toMatchObject({ prepared: ["u1"] });
    expect(plane.reports.at(-1)?.load.unprepared).toBeUndefined();
  });

  it("is ended by its wall clock, and what it cannot run for is told", async () => {
    await plane.readyAgent();
    run("L1", preparing(SLEEP, { maxWallClockMs: 300, maxTaskRetryCount: 5 }), task("a"));
    await untilEnded("preparation");
    expect(ended("preparation")).toMatchObject([{ report: { exitCode: 137, retryCount: 0, failure: { code: "TaskEnded" } } }]);
    const other = { jobId: "other", uid: "u2" };
    run("L2", preparing("no-such-program", { job: other, maxTaskRetryCount: 5 }), task("b", "true", { task: { ...other, taskId: "b" } }));
    await untilEnded("preparation", 2);
    expect(ended("preparation")[1]).toMatchObject({ report: { retryCount: 0, failure: { code: "CommandProgramNotFound" } } });
  });

  it("goes on when its only task is given back, and frees the slots", async () => {
    await plane.readyAgent({ slots: 1 });
    run("L1", preparing(sh("while ! test -f $AZ_BATCH_NODE_SHARED_DIR/go; do sleep 0.05; done")), task("a"));
    plane.send({ kind: "stop", task: { ...job, taskId: "a" }, attempt: 1, how: "requeue" });
    await plane.until(() => plane.of("task-returned").some(({ why }) => why === "requeue"));
    expect(plane.reports.at(-1)?.load).toMatchObject({ slotsInUse: 0, want: 1 });
    writeFileSync(shared("go"), "");
    await untilEnded("preparation");
    run("L2", preparing("false"), task("a", noting("a"), { attempt: 2 }));
    await plane.finished("a", 2);
    expect(ended("preparation")).toHaveLength(1);
  });
});

describe("after the node was started again", () => {
  it.each([
    ["a preparation that succeeded runs again", true, 2],
    ["but not where it should not", false, 1],
  ])("%s", async (_name, rerunAfterReboot, times) => {
    const agent = await plane.readyAgent();
    run("L1", preparing(noting("prepared"), { rerunAfterReboot }), task("a", "true"));
    await plane.finished("a");
    await restartAgent(agent);
    expect(plane.reports.at(-1)?.load.prepared).toEqual(rerunAfterReboot ? undefined : ["u1"]);
    run("L2", preparing(noting("prepared"), { rerunAfterReboot }), task("b", "true"));
    await plane.finished("b");
    expect(lines("log")).toHaveLength(times);
  });

  it("one that did not end runs again, whatever it is told", async () => {
    const agent = await plane.readyAgent();
    run("L1", preparing(SLEEP, { rerunAfterReboot: false }), task("a"));
    await untilSleeping();
    await restartAgent(agent);
    run("L2", preparing(noting("prepared"), { rerunAfterReboot: false }), task("a", noting("a"), { attempt: 2 }));
    await plane.finished("a", 2);
    expect(lines("log")).toEqual(["prepared", "a"]);
  });

  it("one that failed keeps the job away, until the disk is emptied", async () => {
    const agent = await plane.readyAgent();
    run("L1", preparing("false"), task("a"));
    await plane.until(() => plane.of("task-returned").length === 1);
    const again = await restartAgent(agent);
    expect(plane.reports.at(-1)?.load.unprepared).toEqual(["u1"]);
    const gone = new Promise((resolve) => again.once("exit", resolve));
    again.kill("SIGKILL");
    await gone;
    rmSync(plane.root, { recursive: true });
    plane.reports.length = 0;
    await plane.readyAgent();
    run("L2", preparing("true"), task("a", noting("a"), { attempt: 2 }));
    await plane.finished("a", 2);
  });
});

describe("a release", () => {
  it("runs once, with where the job was prepared, and is told again when it is asked for again", async () => {
    const agent = await plane.readyAgent();
    run("L1", preparing(noting("prepared")), task("a"));
    await plane.finished("a");
    const commandLine = sh("echo released >> $AZ_BATCH_NODE_SHARED_DIR/log; ls $AZ_BATCH_JOB_PREP_WORKING_DIR; echo $AZ_BATCH_TASK_ID");
    release({ commandLine });
    release({ commandLine });
    await untilEnded("release");
    release({ commandLine });
    await untilEnded("release", 2);
    await restartAgent(agent);
    release({ commandLine });
    await untilEnded("release");
    expect(ended("release")).toMatchObject([{ job, id: "jobrelease", report: { exitCode: 0 } }]);
    expect(lines("log")).toEqual(["prepared", "a", "released"]);
    expect(file("jobrelease", "stdout.txt")).toBe("jobrelease\n");
    expect(plane.reports.at(-1)?.load.prepared).toBeUndefined();
  });

  it("waits for the job's last task, and ends a preparation that still runs", async () => {
    await plane.readyAgent({ slots: 2 });
    run("L1", preparing(SLEEP), task("a"));
    const pid = await untilSleeping();
    release({});
    await until(() => !isAlive(pid));
    await plane.until(() => plane.of("task-returned").length === 1);
    await untilEnded("release");
    expect(lines("log")).toEqual(["released"]);
    expect(ended("preparation")).toMatchObject([{ report: { failure: { code: "TaskEnded" } } }]);
  });

  it("has nothing to do where nothing was prepared, and where there is no command", async () => {
    await plane.readyAgent();
    release({});
    await plane.until(() => plane.of("release").length === 1);
    run("L1", preparing(noting("prepared")), task("a"));
    await plane.finished("a");
    release();
    await plane.until(() => plane.of("release").length === 2);
    expect(plane.of("release")).toEqual([
      { kind: "release", job },
      { kind: "release", job },
    ]);
    expect(lines("log")).toEqual(["prepared", "a"]);
  });

  it("that was cut short by a start of the node runs again", async () => {
    const agent = await plane.readyAgent();
    run("L1", preparing("true"), task("a"));
    await plane.finished("a");
    release({ commandLine: SLEEP });
    await untilSleeping();
    await restartAgent(agent);
    release({});
    await untilEnded("release");
    expect(lines("log")).toEqual(["a", "released"]);
  });

  it("is ended by its wall clock, and by the deletion of the job, which leaves nothing", async () => {
    await plane.readyAgent();
    run("L1", preparing("true"), task("a"));
    await plane.finished("a");
    release({ commandLine: SLEEP, maxWallClockMs: 200 });
    await untilEnded("release");
    expect(ended("release")).toMatchObject([{ report: { failure: { code: "TaskEnded" } } }]);
    plane.send({ kind: "clean-job", job });
    await until(() => !existsSync(join(plane.root, "workitems/job")));
    expect(readdirSync(join(plane.root, "volatile/jobs"))).toEqual([]);
  });

  it("is ended by an order to leave", async () => {
    const agent = await plane.readyAgent();
    run("L1", preparing("true"), task("a"));
    await plane.finished("a");
    release({ commandLine: SLEEP });
    await untilSleeping();
    const gone = new Promise((resolve) => agent.once("exit", resolve));
    plane.send({ kind: "leave", how: "requeue" });
    expect(await gone).toBe(0);
    expect(ended("release")).toEqual([]);
  });
});
