import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../scripts/build.mjs";
import { configure, FakeControlPlane, order } from "../support/fake-control-plane.ts";
import { exitOf, isAlive, launcherOf, until } from "../support/processes.ts";

beforeAll(() => build());

let plane: FakeControlPlane;
beforeEach(async () => {
  plane = await FakeControlPlane.start();
});
afterEach(() => plane.close());

const directory = (taskId: string) => join(plane.root, "workitems/job/job-1", taskId);
const taskFile = (taskId: string, name: string) => readFileSync(join(directory(taskId), name), "utf8");
const run = (lease: string, ...tasks: ReturnType<typeof order>[]) => plane.send({ kind: "run", boot: plane.boot, lease, tasks });
const pidOf = async (taskId: string) => {
  const read = () => (existsSync(join(directory(taskId), "wd/pid")) ? Number(taskFile(taskId, "wd/pid")) : 0);
  await until(() => read() > 0);
  return read();
};
const SLEEP = "/bin/sh -c 'echo $$ > pid.new; mv pid.new pid; sleep 1000 & wait'";

describe("a task", () => {
  it("runs in its directory with its environment and reports how it ended", async () => {
    await plane.readyAgent();
    const commandLine = `/bin/sh -c 'echo $AZ_BATCH_TASK_ID in $PWD, $COLOUR; echo oops >&2; env > env.txt; exit 3'`;
    run("L1", order("t1", commandLine, { environment: [{ name: "COLOUR", value: "green" }] }));
    const { end, attempt } = await plane.finished("t1");
    expect(attempt).toBe(1);
    expect(end).toMatchObject({ exitCode: 3, failure: { category: "usererror", code: "FailureExitCode" } });
    expect(Date.parse(end.endTime)).toBeGreaterThanOrEqual(Date.parse(end.startTime));
    expect(taskFile("t1", "stdout.txt")).toBe(`t1 in ${directory("t1")}/wd, green\n`);
    expect(taskFile("t1", "stderr.txt")).toBe("oops\n");
    expect(taskFile("t1", "wd/env.txt")).not.toContain("s3cret");
    await plane.until(() => plane.of("lease-done").length === 1);
    expect(plane.of("task-started")).toEqual([]);
    await plane.until(() => plane.received.length === 2);
  });

  it("inherits no descriptor but its three", async () => {
    await plane.readyAgent();
    run("L1", order("t1", "/bin/sh -c 'ls /proc/self/fd'"));
    await plane.finished("t1");
    // A plain child of this test sees what any process here does: the fourth is what `ls` itself opened to look.
    const plain = execFileSync("ls", ["/proc/self/fd"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(taskFile("t1", "stdout.txt")).toBe(plain);
  });

  it("fails before its command when there is none to run", async () => {
    await plane.readyAgent();
    run("L1", order("none", "no-such-program --x"), order("quote", "echo 'open"), order("folder", "/usr"));
    expect((await plane.finished("none")).end).toMatchObject({ beforeCommand: true, failure: { code: "CommandProgramNotFound" } });
    expect((await plane.finished("none")).end.exitCode).toBeUndefined();
    expect((await plane.finished("quote")).end).toMatchObject({ beforeCommand: true, failure: { code: "CommandLaunchFailed" } });
    expect((await plane.finished("folder")).end).toMatchObject({ beforeCommand: true, failure: { code: "CommandLaunchFailed" } });
  });

  it("finds nothing of its earlier attempt", async () => {
    await plane.readyAgent();
    const commandLine = "/bin/sh -c 'ls; echo line; touch left-behind'";
    run("L1", order("t1", commandLine));
    await plane.finished("t1", 1);
    run("L2", order("t1", commandLine, { attempt: 2 }));
    await plane.finished("t1", 2);
    expect(taskFile("t1", "stdout.txt")).toBe("line\n");
  });

  it("is ended with its whole group when its wall clock is over", async () => {
    await plane.readyAgent();
    run("L1", order("t1", SLEEP, { maxWallClockMs: 2_000 }));
    const pid = await pidOf("t1");
    const { end } = await plane.finished("t1");
    expect(end).toMatchObject({ exitCode: 137, failure: { category: "usererror", code: "TaskEnded" } });
    await until(() => !isAlive(pid));
  });

  it("takes what it left in the background with it", async () => {
    await plane.readyAgent();
    run("L1", order("t1", "/bin/sh -c 'sleep 1000 & echo $! > pid; exit 0'"));
    expect((await plane.finished("t1")).end.exitCode).toBe(0);
    await until(() => !isAlive(Number(taskFile("t1", "wd/pid"))));
  });

  it("is reported as started only when it takes longer than a second", async () => {
    await plane.readyAgent();
    run("L1", order("t1", "sleep 1.3"));
    const { end } = await plane.finished("t1");
    expect(plane.of("task-started")).toMatchObject([{ task: { taskId: "t1" }, at: end.startTime }]);
  });

  it("loses its directory when its retention is over", async () => {
    await plane.readyAgent();
    run("L1", order("t1", "true", { retentionMs: 0 }), order("t2", "true", { retentionMs: 7 * 86_400_000 }));
    await plane.finished("t1");
    await plane.finished("t2");
    await until(() => !existsSync(directory("t1")));
    expect(existsSync(directory("t2"))).toBe(true);
  });
});

describe("a task with resource files", () => {
  let server: Server;
  let url: string;
  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url === "/script") response.end("#!/bin/sh\necho downloaded\n");
      else if (request.url !== "/never") response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  it("runs once they are there, and not without them", async () => {
    await plane.readyAgent();
    const file = (name: string) => ({ resourceFiles: [{ httpUrl: `${url}/${name}`, filePath: "bin/run.sh" }] });
    run("L1", order("t1", "./bin/run.sh", file("script")), order("t2", "./bin/run.sh", file("missing")));
    expect((await plane.finished("t1")).end.exitCode).toBe(0);
    expect(taskFile("t1", "stdout.txt")).toBe("downloaded\n");
    expect((await plane.finished("t2")).end).toMatchObject({ beforeCommand: true, failure: { code: "BlobNotFound" } });
  });

  it("is bound by its wall clock while they come", async () => {
    await plane.readyAgent();
    run("L1", order("t1", "true", { maxWallClockMs: 200, resourceFiles: [{ httpUrl: `${url}/never`, filePath: "x" }] }));
    const { end } = await plane.finished("t1");
    expect(end).toMatchObject({ beforeCommand: true, failure: { code: "TaskEnded" } });
    expect(end.exitCode).toBeUndefined();
  });
});

describe("slots", () => {
  it("are never exceeded, and tasks start in order", async () => {
    await plane.readyAgent({ slots: 2 });
    const shared = join(plane.root, "shared");
    const work = (id: string) =>
      `/bin/sh -c 'echo ${id} >> ${shared}/order; touch ${shared}/on-${id}; ls ${shared} | grep -c on-; sleep 0.1; rm ${shared}/on-${id}'`;
    const ids = ["a", "b", "c", "d", "e"];
    run("L1", ...ids.map((id) => order(id, work(id))));
    for (const id of ids) await plane.finished(id);
    for (const id of ids) expect(Number(taskFile(id, "stdout.txt"))).toBeLessThanOrEqual(2);
    expect(readFileSync(join(shared, "order"), "utf8").trim().split("\n").slice(2).sort()).toEqual(["c", "d", "e"]);
    await plane.until(() => plane.of("lease-done").length === 1);
    expect(plane.reports.at(-1)?.load).toMatchObject({ busy: 0, slotsInUse: 0, lease: "L1" });
  });

  it("give back a task that waited in vain", async () => {
    await plane.readyAgent({ slots: 1 });
    run("L1", order("long", SLEEP), order("waits", "true"), order("huge", "true", { slots: 4 }));
    await plane.until(() => plane.of("task-returned").length === 2);
    expect(plane.of("task-returned").every((event) => event.why === "no-slot")).toBe(true);
    expect(plane.of("lease-done")).toEqual([]);
  });
});

describe("messages that come twice or late", () => {
  it("run nothing twice", async () => {
    await plane.readyAgent();
    const one = order("t1", `/bin/sh -c 'echo x >> ${plane.root}/shared/runs'`);
    run("L1", one);
    run("L1", one);
    await plane.finished("t1");
    run("L2", one);
    await plane.until(() => plane.of("lease-done").some((event) => event.lease === "L2"));
    expect(readFileSync(join(plane.root, "shared/runs"), "utf8")).toBe("x\n");
    expect(plane.of("task-finished")).toHaveLength(1);
  });

  it("stop a task that had not come yet", async () => {
    await plane.readyAgent();
    const { task, attempt } = order("t1", "true");
    plane.send({ kind: "stop", task, attempt, how: "terminate" });
    run("L1", order("t1", "true"));
    expect((await plane.finished("t1")).end).toMatchObject({ beforeCommand: true, failure: { code: "TaskEnded" } });
    expect(existsSync(directory("t1"))).toBe(false);
  });
});

describe("stopping", () => {
  it("ends, gives back or forgets", async () => {
    await plane.readyAgent({ slots: 3 });
    run("L1", order("end", SLEEP), order("back", SLEEP), order("forget", SLEEP));
    const pids = await Promise.all(["end", "back", "forget"].map(pidOf));
    for (const [taskId, how] of [
      ["end", "terminate"],
      ["back", "requeue"],
      ["forget", "forget"],
    ] as const) {
      plane.send({ kind: "stop", task: order(taskId, "").task, attempt: 1, how });
    }
    await plane.until(() => plane.of("lease-done").length === 1);
    expect((await plane.finished("end")).end).toMatchObject({ exitCode: 137, failure: { category: "usererror", code: "TaskEnded" } });
    expect(plane.of("task-returned")).toMatchObject([{ task: { taskId: "back" }, why: "requeue" }]);
    expect(existsSync(directory("forget"))).toBe(false);
    await until(() => !pids.some(isAlive));
  });
});

describe("cleaning", () => {
  it("removes a task's directory, and a job's", async () => {
    await plane.readyAgent();
    run("L1", order("t1", "true"), order("t2", "true"));
    await plane.until(() => plane.of("lease-done").length === 1);
    plane.send({ kind: "clean", task: order("t1", "").task });
    await until(() => !existsSync(directory("t1")));
    plane.send({ kind: "clean-job", job: { jobId: "job", uid: "another" } });
    plane.send({ kind: "clean-job", job: { jobId: "job", uid: "u1" } });
    await until(() => readdirSync(join(plane.root, "workitems")).length === 0);
  });

  it("removes an earlier job's files when its id comes again, and not the later one's", async () => {
    await plane.readyAgent();
    run("L1", order("old", "true"));
    await plane.finished("old");
    run(
      "L2",
      order("new", "true", { task: { jobId: "job", uid: "u2", taskId: "new" } }),
      order("new2", "true", { task: { jobId: "job", uid: "u2", taskId: "new2" } }),
    );
    await plane.finished("new");
    await plane.finished("new2");
    plane.send({ kind: "clean-job", job: { jobId: "job", uid: "u1" } }, "late");
    await plane.until(() => plane.received.includes("late"));
    expect(readdirSync(join(plane.root, "workitems/job/job-1")).sort()).toEqual(["new", "new2"]);
  });
});

describe("the start task", () => {
  const startTask = { waitForSuccess: true, maxTaskRetryCount: 2 };
  it("runs again until it succeeds, and then the node is ready", async () => {
    const commandLine = "/bin/sh -c 'echo try; echo x >> tries; [ $(wc -l < tries) = 3 ]'";
    await plane.readyAgent({ startTask: { ...startTask, commandLine } });
    const infos = plane.of("start-task").map((event) => event.info);
    expect(infos.map((info) => [info.state, info.retryCount])).toEqual([
      ["running", 0],
      ["running", 1],
      ["running", 2],
      ["completed", 2],
    ]);
    expect(infos.at(-1)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(plane.root, "startup/stdout.txt"), "utf8")).toBe("try\n");
  });

  it("keeps the node from becoming ready when its tries are spent", async () => {
    plane.launch();
    await plane.until(() => plane.of("joined").length === 1);
    plane.send(configure({ startTask: { ...startTask, maxTaskRetryCount: 1, commandLine: "false" } }));
    await plane.until(() => plane.of("start-task").some((event) => event.info.state === "completed"));
    expect(plane.of("start-task").at(-1)?.info).toMatchObject({ exitCode: 1, retryCount: 1, failure: { code: "FailureExitCode" } });
    expect(plane.of("ready")).toEqual([]);
  });

  it("is not waited for when the pool does not say so", async () => {
    await plane.readyAgent({ startTask: { ...startTask, waitForSuccess: false, commandLine: "sleep 1000" } });
    run("L1", order("t1", "true"));
    await plane.finished("t1");
  });
});

describe("leaving", () => {
  it("gives back what runs, says so, and exits", async () => {
    const agent = await plane.readyAgent();
    run("L1", order("t1", SLEEP));
    const pid = await pidOf("t1");
    plane.send({ kind: "leave", how: "requeue" });
    expect(await exitOf(agent)).toBe(0);
    expect(plane.of("task-returned")).toMatchObject([{ why: "leaving" }]);
    expect(plane.events.at(-1)).toMatchObject({ kind: "left" });
    expect(isAlive(pid)).toBe(false);
  });

  it("finishes what runs when told to, and takes nothing new", async () => {
    const agent = await plane.readyAgent({ slots: 1 });
    run("L1", order("t1", `/bin/sh -c 'while ! [ -e ${plane.root}/shared/go ]; do sleep 0.05; done'`), order("t2", "true"));
    await until(() => existsSync(directory("t1")));
    plane.send({ kind: "leave", how: "taskcompletion" });
    run("L2", order("t3", "true"), order("go", "true"));
    await plane.until(() => plane.of("task-returned").length === 3);
    expect(plane.reports.at(-1)?.load.want).toBe(0);
    writeFileSync(join(plane.root, "shared/go"), "");
    expect((await plane.finished("t1")).end.exitCode).toBe(0);
    expect(await exitOf(agent)).toBe(0);
  });

  it("ends what runs when told to", async () => {
    const agent = await plane.readyAgent();
    run("L1", order("t1", SLEEP));
    await pidOf("t1");
    plane.send({ kind: "leave", how: "terminate" });
    expect(await exitOf(agent)).toBe(0);
    expect((await plane.finished("t1")).end.failure?.code).toBe("TaskEnded");
  });

  it("does so on SIGTERM, even when nobody listens", async () => {
    const agent = await plane.readyAgent();
    run("L1", order("t1", SLEEP));
    const pid = await pidOf("t1");
    await plane.down();
    agent.kill("SIGTERM");
    expect(await exitOf(agent)).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });
});

describe("what breaks", () => {
  it("a connection: reports are kept, sent again, and followed by a heartbeat", async () => {
    await plane.readyAgent();
    let refused = 0;
    plane.onReport = (report) => {
      const drop = refused === 0 && report.events.some((event) => event.kind === "task-finished");
      if (drop) refused++;
      if (drop) plane.drop();
      return !drop;
    };
    run("L1", order("t1", "true"));
    await plane.finished("t1");
    await plane.until(() => plane.of("heartbeat").length > 0);
    expect(plane.of("task-finished")).toHaveLength(1);
    expect(plane.of("joined")).toHaveLength(1);
    await plane.down();
    await plane.listen();
    await plane.until(() => plane.of("heartbeat").length > 1);
    run("L2", order("t2", "true"));
    await plane.finished("t2");
    expect(plane.reports.map((report) => report.seq)).toEqual(plane.reports.map((_, index) => index + 1));
  });

  it("the reader of its logs: the agent lives on", async () => {
    const agent = await plane.readyAgent();
    agent.stderr?.destroy();
    await plane.down();
    await plane.listen();
    await plane.until(() => plane.of("heartbeat").length > 0);
    run("L1", order("t1", "true"));
    await plane.finished("t1");
  });

  it("a message that makes no sense: the next one is heard", async () => {
    await plane.readyAgent();
    plane.send({ kind: "clean", task: { jobId: "../..", uid: "u1", taskId: "x" } }, "bad");
    run("L1", order("../../t1", "true"), order("t2", "true"));
    await plane.finished("t2");
    expect((await plane.finished("../../t1")).end).toMatchObject({ beforeCommand: true, failure: { category: "servererror" } });
    expect(plane.received).toContain("bad");
  });

  it("the control plane, for good: the agent ends its tasks and itself", async () => {
    const agent = await plane.readyAgent({ lostAfterSeconds: 1 });
    run("L1", order("t1", SLEEP));
    const pid = await pidOf("t1");
    await plane.down();
    expect(await exitOf(agent)).toBe(3);
    expect(isAlive(pid)).toBe(false);
  });

  it("a refusal ends the agent", async () => {
    plane.refuseWith = "unknown machine";
    expect(await exitOf(plane.launch())).toBe(2);
  });

  it("the launcher: its tasks are given back, and the next one runs", async () => {
    const agent = await plane.readyAgent();
    run("L1", order("t1", SLEEP));
    const pid = await pidOf("t1");
    process.kill(launcherOf(agent), "SIGKILL");
    await plane.until(() => plane.of("task-returned").length === 1);
    expect(plane.of("task-returned")).toMatchObject([{ task: { taskId: "t1" }, why: "restarted" }]);
    await until(() => !isAlive(pid));
    run("L2", order("t2", "true"));
    expect((await plane.finished("t2")).end.exitCode).toBe(0);
  });

  it("the agent: nothing that it started outlives it, not even what left its group", async () => {
    const agent = await plane.readyAgent();
    run("L1", order("t1", SLEEP), order("t2", "/bin/sh -c 'setsid sh -c \"echo \\$\\$ > pid; exec sleep 1000\" & wait'"));
    const pids = await Promise.all([pidOf("t1"), pidOf("t2")]);
    const launcher = launcherOf(agent);
    agent.kill("SIGKILL");
    await until(() => !pids.some(isAlive) && !isAlive(launcher));
  });
});

it("keeps its secret out of arguments, environment and disk", async () => {
  const agent = await plane.readyAgent();
  for (const pid of [agent.pid, launcherOf(agent)]) {
    expect(readFileSync(`/proc/${pid}/cmdline`, "latin1")).not.toContain("s3cret");
    expect(readFileSync(`/proc/${pid}/environ`, "latin1")).not.toContain("s3cret");
  }
});
