import type { Client, Doc, Group } from "./clients/client.ts";

/** What a client is asked for in vain: the call, the API's own code for it, and the property that the error names, where there is one. */
export interface BadCall {
  readonly what: string;
  readonly call: (client: Client) => readonly [group: Group, method: string, ...parameters: unknown[]];
  readonly code: string;
  readonly property?: string;
  /** The first of the versions that know what it is about. */
  readonly since?: Client["year"];
}

type Body = Doc | ((client: Client) => Doc);
const of = (body: Body, client: Client) => (typeof body === "function" ? body(client) : body);
type Also = Partial<Pick<BadCall, "since" | "code">>;

const job = (what: string, property: string, body: Body, also: Also = {}): BadCall => ({
  what: `a job ${what}`,
  call: (client) => ["job", "add", { id: "new", poolInfo: { poolId: "pool" }, ...of(body, client) }],
  code: "InvalidPropertyValue",
  property,
  ...also,
});
const task = (what: string, property: string | undefined, body: Body, also: Also = {}, jobId = "job"): BadCall => ({
  what: `a task ${what}`,
  call: (client) => ["task", "add", jobId, { id: "new", commandLine: "/bin/true", ...of(body, client) }],
  code: "InvalidPropertyValue",
  ...(property !== undefined && { property }),
  ...also,
});
const act = (what: string, code: string, group: Group, method: string, ...parameters: unknown[]): BadCall => ({
  what,
  call: () => [group, method, ...parameters],
  code,
});

const url = "http://127.0.0.1:1/c";
const long = (length: number) => "x".repeat(length);
const file = (client: Client, more: Doc) => ({ [client.year === 2017 ? "blobSource" : "httpUrl"]: url, ...more });
const output = (more: Doc): Doc => ({
  outputFiles: [
    {
      filePattern: "*.txt",
      destination: { container: { containerUrl: url } },
      uploadOptions: { uploadCondition: "taskcompletion" },
      ...more,
    },
  ],
});

/** Of what a job may be asked for. */
export const JOBS: readonly BadCall[] = [
  job("of a priority beyond the last", "priority", { priority: 1001 }),
  job("of a priority before the first", "priority", { priority: -1001 }),
  job("with an id of 65 characters", "id", { id: long(65) }),
  job("with an id of other characters", "id", { id: "a b" }),
  job("with a long display name", "displayName", { displayName: long(1025) }),
  job("that tries -2 times", "constraints.maxTaskRetryCount", { constraints: { maxTaskRetryCount: -2 } }),
  job("of no time at all", "constraints.maxWallClockTime", (client) => ({ constraints: { maxWallClockTime: client.duration("PT0S") } })),
  job("of less than no time", "constraints.maxWallClockTime", (client) => ({
    constraints: { maxWallClockTime: client.duration("-PT1H") },
  })),
  job("for a pool that can be none", "poolInfo.poolId", { poolInfo: { poolId: "a/b" } }),
  job("with a variable without a name", "commonEnvironmentSettings[0].name", { commonEnvironmentSettings: [{ name: "", value: "x" }] }),
  job("with a variable whose name holds =", "commonEnvironmentSettings[0].name", {
    commonEnvironmentSettings: [{ name: "A=B", value: "x" }],
  }),
  job("that runs none of its tasks", "maxParallelTasks", { maxParallelTasks: 0 }, { since: 2022 }),
  job("that runs less than none", "maxParallelTasks", { maxParallelTasks: -2 }, { since: 2022 }),
  act("a job of an id that is taken", "JobExists", "job", "add", { id: "JOB", poolInfo: { poolId: "pool" } }),
  act("a job's priority raised beyond the last", "InvalidPropertyValue", "job", "patch", "job", { priority: 1001 }),
  act("a job updated to a priority before the first", "InvalidPropertyValue", "job", "update", "job", {
    priority: -1001,
    poolInfo: { poolId: "pool" },
  }),
  act("an active job moved", "JobNotDisabled", "job", "patch", "job", { poolInfo: { poolId: "other" } }),
  act("an end for too long a reason", "InvalidPropertyValue", "job", "terminate", "job", { terminateReason: long(1025) }),
  act("a job that is over, changed", "JobCompleted", "job", "patch", "over", { priority: 1 }),
  act("a job that is over, disabled", "JobCompleted", "job", "disable", "over", "wait"),
  act("a job that is over, enabled", "JobCompleted", "job", "enable", "over"),
  act("a job that is over, ended", "JobCompleted", "job", "terminate", "over"),
];

/** Of what a task may be asked for. */
export const TASKS: readonly BadCall[] = [
  task("for a job that is over", undefined, {}, { code: "JobCompleted" }, "over"),
  task("for no job", undefined, {}, { code: "JobNotFound" }, "none"),
  task("of an id that is taken", undefined, { id: "DONE" }, { code: "TaskExists" }),
  task("with an id of 65 characters", "id", { id: long(65) }),
  task("with an id of other characters", "id", { id: "a.b" }),
  task("with a long display name", "displayName", { displayName: long(1025) }),
  task("without a command", "commandLine", { commandLine: "" }, { code: "MissingRequiredProperty" }),
  task("that is tried -2 times", "constraints.maxTaskRetryCount", { constraints: { maxTaskRetryCount: -2 } }),
  task("whose files are kept for less than no time", "constraints.retentionTime", (client) => ({
    constraints: { retentionTime: client.duration("-PT1H") },
  })),
  task("of no time at all", "constraints.maxWallClockTime", (client) => ({ constraints: { maxWallClockTime: client.duration("PT0S") } })),
  task("of less than no time", "constraints.maxWallClockTime", (client) => ({
    constraints: { maxWallClockTime: client.duration("-PT1H") },
  })),
  task("of no slots", "requiredSlots", { requiredSlots: 0 }, { since: 2022 }),
  task("of more slots than any node may have", "requiredSlots", { requiredSlots: 257 }, { since: 2022 }),
  task("with a variable without a name", "environmentSettings[0].name", { environmentSettings: [{ name: "", value: "x" }] }),
  task("of a user and of one made for it", "userIdentity.autoUser", { userIdentity: { userName: "me", autoUser: { scope: "task" } } }),
  task("of a user without a name", "userIdentity.username", { userIdentity: { userName: "" } }),
  task("with a file that climbs", "resourceFiles[0].filePath", (client) => ({ resourceFiles: [file(client, { filePath: "../../a" })] })),
  task("with a file anywhere", "resourceFiles[0].filePath", (client) => ({ resourceFiles: [file(client, { filePath: "/etc/a" })] })),
  task(
    "with a file of two sources",
    "resourceFiles[0].httpUrl",
    { resourceFiles: [{ httpUrl: url, storageContainerUrl: url, filePath: "a" }] },
    { since: 2020 },
  ),
  task(
    "with a file of no source",
    "resourceFiles[0].httpUrl",
    { resourceFiles: [{ filePath: "a" }] },
    { since: 2020, code: "MissingRequiredProperty" },
  ),
  task("with outputs to nowhere", "outputFiles[0].destination.container", output({ destination: {} }), {
    since: 2020,
    code: "MissingRequiredProperty",
  }),
  task("with outputs without a pattern", "outputFiles[0].filePattern", output({ filePattern: "" }), {
    since: 2020,
    code: "MissingRequiredProperty",
  }),
  task(
    "that depends on others in a job without dependencies",
    undefined,
    { dependsOn: { taskIds: ["x"] } },
    { code: "TaskDependenciesNotSpecifiedOnJob" },
  ),
  task(
    "behind a range that is backwards",
    "dependsOn.taskIdRanges[0].end",
    { dependsOn: { taskIdRanges: [{ start: 2, end: 1 }] } },
    {},
    "linked",
  ),
  task(
    "behind a range below none",
    "dependsOn.taskIdRanges[0].start",
    { dependsOn: { taskIdRanges: [{ start: -2, end: 1 }] } },
    {},
    "linked",
  ),
  task(
    "behind too many ranges",
    "dependsOn.taskIdRanges",
    { dependsOn: { taskIdRanges: Array.from({ length: 1_001 }, (_, start) => ({ start, end: start })) } },
    { code: "TaskDependencyRangesTooLong" },
    "linked",
  ),
  task(
    "behind 64,001 characters of ids",
    "dependsOn.taskIds",
    { dependsOn: { taskIds: [...Array.from({ length: 1_000 }, (_, i) => String(i).padStart(64, "0")), "x"] } },
    { code: "TaskDependencyListTooLong" },
    "linked",
  ),
  task("behind what can be no task", "dependsOn.taskIds[1]", { dependsOn: { taskIds: ["a", "a b"] } }, {}, "linked"),
  task(
    "with exit codes that are backwards",
    "exitConditions.exitCodeRanges[0].end",
    { exitConditions: { exitCodeRanges: [{ start: 5, end: 2, exitOptions: { dependencyAction: "satisfy" } }] } },
    {},
    "linked",
  ),
  task("that acts on a job that does not let it", undefined, { exitConditions: { default: { jobAction: "terminate" } } }, {}),
  act("a task's constraints set to -2 tries", "InvalidPropertyValue", "task", "update", "job", "done", {
    constraints: { maxTaskRetryCount: -2 },
  }),
  act("the constraints of a task that is over", "TaskCompleted", "task", "update", "job", "done", {
    constraints: { maxTaskRetryCount: 1 },
  }),
  act("a success, reactivated", "TaskSucceeded", "task", "reactivate", "job", "done"),
  act("a task that waits, reactivated", "TaskNotCompleted", "task", "reactivate", "linked", "waits"),
  act("a task that is over, ended", "TaskCompleted", "task", "terminate", "job", "done"),
  act("a failure of a job that is over, reactivated", "JobCompleted", "task", "reactivate", "over", "failed"),
];
