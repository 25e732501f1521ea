import type { RawOptions } from "./raw.ts";

/** What a pool must have. */
export const MACHINES = {
  vmSize: "standard_d2_v3",
  virtualMachineConfiguration: {
    imageReference: { publisher: "canonical", offer: "ubuntuserver", sku: "22_04" },
    nodeAgentSKUId: "batch.node.ubuntu 22.04",
  },
};

export const OTHER_KEY = Buffer.from("not the key of this account").toString("base64");
const minutes = (count: number) => new Date(Date.now() + count * 60_000);
const TASK = { id: "new", commandLine: "/bin/true" };
const JOB = { id: "new", poolInfo: { poolId: "pool" } };

/** A request that is refused, and how. */
export type Case = readonly [what: string, method: string, path: string, status: number, code: string, options?: RawOptions];

/** Of who asks, and in which version. */
export const STRANGERS: readonly Case[] = [
  ["a key that is not the account's", "POST", "/jobs", 403, "AuthenticationFailed", { body: JOB, key: OTHER_KEY }],
  ["no signature", "POST", "/jobs", 400, "InvalidAuthenticationInfo", { body: JOB, unsigned: true }],
  [
    "another scheme",
    "POST",
    "/jobs",
    400,
    "InvalidAuthenticationInfo",
    { body: JOB, unsigned: true, headers: { authorization: "Bearer x" } },
  ],
  ["a date of yesterday", "POST", "/jobs", 403, "AuthenticationFailed", { body: JOB, date: minutes(-24 * 60) }],
  ["a date of 16 minutes ago", "DELETE", "/jobs/job", 403, "AuthenticationFailed", { date: minutes(-16) }],
  ["a date in 16 minutes", "DELETE", "/pools/pool", 403, "AuthenticationFailed", { date: minutes(16) }],
  ["no api-version", "POST", "/jobs", 400, "UnsupportedRequestVersion", { body: JOB, version: null }],
  ["an api-version of nobody's", "POST", "/jobs", 400, "UnsupportedRequestVersion", { body: JOB, version: "2017-01-01.4.1" }],
];

/** Of what is in a body. */
export const BODIES: readonly Case[] = [
  ["JSON cut short", "POST", "/jobs", 400, "InvalidRequestBody", { body: '{"id":"new",' }],
  ["no JSON", "POST", "/jobs/job/tasks", 400, "InvalidRequestBody", { body: "<task/>" }],
  ["no body", "POST", "/jobs", 411, "MissingContentLengthHeader", { headers: { "transfer-encoding": "chunked" } }],
  ["an empty body", "POST", "/jobs", 400, "InvalidRequestBody", { headers: { "content-length": "0" } }],
  ["a list", "POST", "/pools", 400, "InvalidRequestBody", { body: [] }],
  ["nesting without end", "POST", "/jobs", 400, "InvalidRequestBody", { body: `{"id":${"[".repeat(5000)}${"]".repeat(5000)}}` }],
  [
    "a body over the limit",
    "POST",
    "/jobs/job/tasks",
    413,
    "RequestBodyTooLarge",
    { body: { ...TASK, displayName: "x".repeat(1024 * 1024) } },
  ],
  ["a property that nobody knows", "POST", "/jobs", 400, "InvalidRequestBody", { body: { ...JOB, colour: "red" } }],
  ["a property of the service's own", "POST", "/jobs", 400, "InvalidRequestBody", { body: { ...JOB, state: "completed" } }],
  ["an id of 65 characters", "POST", "/jobs", 400, "InvalidPropertyValue", { body: { ...JOB, id: "x".repeat(65) } }],
  ["a pool's id of 65 characters", "POST", "/pools", 400, "InvalidPropertyValue", { body: { id: "x".repeat(65), ...MACHINES } }],
  ["a task's id of 65 characters", "POST", "/jobs/job/tasks", 400, "InvalidPropertyValue", { body: { ...TASK, id: "x".repeat(65) } }],
  ["an id that climbs", "POST", "/jobs/job/tasks", 400, "InvalidPropertyValue", { body: { ...TASK, id: ".." } }],
  ["no id", "POST", "/pools", 400, "MissingRequiredProperty", { body: MACHINES }],
  ["no pool", "POST", "/jobs", 400, "MissingRequiredProperty", { body: { id: "new", poolInfo: {} } }],
  ["no command", "POST", "/jobs/job/tasks", 400, "MissingRequiredProperty", { body: { id: "new" } }],
  ["a priority beyond the last", "PATCH", "/jobs/job", 400, "InvalidPropertyValue", { body: { priority: 1001 } }],
  [
    "a duration that is none",
    "PATCH",
    "/jobs/job",
    400,
    "InvalidPropertyValue",
    { body: { constraints: { maxWallClockTime: "an hour" } } },
  ],
  ["a word that is none", "POST", "/jobs/job/disable", 400, "InvalidPropertyValue", { body: { disableTasks: "perhaps" } }],
  ["a size below none", "POST", "/pools/pool/resize", 400, "InvalidPropertyValue", { body: { targetDedicatedNodes: -1 } }],
  [
    "a resize in no time",
    "POST",
    "/pools/pool/resize",
    400,
    "InvalidPropertyValue",
    { body: { targetDedicatedNodes: 2, resizeTimeout: "PT4M" } },
  ],
  [
    "101 tasks",
    "POST",
    "/jobs/job/addtaskcollection",
    400,
    "InvalidRequestBody",
    { body: { value: Array.from({ length: 101 }, (_, i) => ({ ...TASK, id: `t${i}` })) } },
  ],
  ["a collection that holds no task", "POST", "/jobs/job/addtaskcollection", 400, "InvalidRequestBody", { body: { value: [TASK, 7] } }],
  [
    "a resource file that climbs",
    "POST",
    "/jobs/job/tasks",
    400,
    "InvalidPropertyValue",
    { body: { ...TASK, resourceFiles: [{ httpUrl: "http://127.0.0.1/a", filePath: "../../a" }] } },
  ],
  [
    "a resource file anywhere",
    "POST",
    "/jobs/job/tasks",
    400,
    "InvalidPropertyValue",
    { body: { ...TASK, resourceFiles: [{ httpUrl: "http://127.0.0.1/a", filePath: "/etc/a" }] } },
  ],
  [
    "a container's files outside",
    "POST",
    "/jobs/job/tasks",
    400,
    "InvalidPropertyValue",
    { body: { ...TASK, resourceFiles: [{ storageContainerUrl: "http://127.0.0.1/a", filePath: "a/../../b" }] } },
  ],
];

/** Of paths, verbs and queries. */
export const PATHS: readonly Case[] = [
  ["up from a task", "GET", "/jobs/job/tasks/done/files/../../../../secret", 400, "InvalidUri"],
  ["up from a task, encoded", "GET", "/jobs/job/tasks/done/files/..%2F..%2Fsecret", 400, "InvalidUri"],
  ["up from a task, each letter encoded", "GET", "/jobs/job/tasks/done/files/%2e%2e%2fstdout.txt", 400, "InvalidUri"],
  ["up with backslashes", "GET", "/jobs/job/tasks/done/files/wd%5C..%5C..%5Csecret", 400, "InvalidUri"],
  ["an absolute path", "GET", "/jobs/job/tasks/done/files/%2Fetc%2Fpasswd", 400, "InvalidUri"],
  ["deleting upwards", "DELETE", "/jobs/job/tasks/done/files/wd%2F..%2Fstdout.txt", 400, "InvalidUri"],
  [
    "listing upwards",
    "GET",
    `/jobs/job/tasks/done/files?$filter=${encodeURIComponent("startswith(name,'../')")}`,
    400,
    "InvalidQueryParameterValue",
  ],
  ["no percent-encoding", "GET", "/jobs/job/tasks/done/files/%zz", 400, "InvalidUri"],
  ["a verb", "PUT", "/pools/pool", 405, "UnsupportedHttpVerb"],
  ["a verb", "POST", "/jobs/job", 405, "UnsupportedHttpVerb"],
  ["a verb", "GET", "/jobs/job/addtaskcollection", 405, "UnsupportedHttpVerb"],
  ["a verb", "DELETE", "/jobs/job/tasks", 405, "UnsupportedHttpVerb"],
  ["a filter that is none", "GET", "/jobs/job/tasks?$filter=state", 400, "InvalidQueryParameterValue"],
  ["a filter on what cannot be", "GET", "/jobs?$filter=priority%20eq%201", 400, "InvalidQueryParameterValue"],
  ["a filter nested without end", "GET", `/jobs?$filter=${"(".repeat(3000)}`, 400, "InvalidQueryParameterValue"],
  ["a name that nobody knows", "GET", "/pools?$select=id,colour", 400, "InvalidQueryParameterValue"],
  ["no results at all", "GET", "/jobs/job/tasks?maxresults=0", 400, "OutOfRangeQueryParameterValue"],
  ["too many results", "GET", "/jobs/job/tasks?maxresults=1001", 400, "OutOfRangeQueryParameterValue"],
  ["a number that is none", "GET", "/jobs/job/tasks?maxresults=few", 400, "InvalidQueryParameterValue"],
  ["a page that never was", "GET", "/jobs/job/tasks?$skiptoken=guessed", 400, "InvalidQueryParameterValue"],
  ["bytes beyond the end", "GET", "/jobs/job/tasks/done/files/stdout.txt", 416, "InvalidRange", { headers: { "ocp-range": "bytes=100-" } }],
  [
    "bytes that are none",
    "GET",
    "/jobs/job/tasks/done/files/stdout.txt",
    400,
    "InvalidHeaderValue",
    { headers: { "ocp-range": "lines=1-2" } },
  ],
];

/** Of what is not there, or is not in a state for it. */
export const MISSING: readonly Case[] = [
  ...(["GET", "DELETE"] as const).map((verb): Case => ["no pool", verb, "/pools/none", 404, "PoolNotFound"]),
  ["no pool", "POST", "/pools/none/resize", 404, "PoolNotFound", { body: { targetDedicatedNodes: 1 } }],
  ["no pool", "POST", "/pools/none/stopresize", 404, "PoolNotFound"],
  ["no pool", "GET", "/pools/none/nodes", 404, "PoolNotFound"],
  ["no node", "GET", "/pools/pool/nodes/none", 404, "NodeNotFound"],
  ["no node", "GET", "/pools/pool/nodes/none/files", 404, "NodeNotFound"],
  ...(["GET", "DELETE"] as const).map((verb): Case => ["no job", verb, "/jobs/none", 404, "JobNotFound"]),
  ["no job", "PATCH", "/jobs/none", 404, "JobNotFound", { body: { priority: 1 } }],
  ["no job", "PUT", "/jobs/none", 404, "JobNotFound", { body: { poolInfo: { poolId: "pool" } } }],
  ["no job", "POST", "/jobs/none/disable", 404, "JobNotFound", { body: { disableTasks: "wait" } }],
  ["no job", "POST", "/jobs/none/enable", 404, "JobNotFound"],
  ["no job", "POST", "/jobs/none/terminate", 404, "JobNotFound"],
  ["no job", "GET", "/jobs/none/tasks", 404, "JobNotFound"],
  ["no job", "POST", "/jobs/none/tasks", 404, "JobNotFound", { body: TASK }],
  ["no job", "POST", "/jobs/none/addtaskcollection", 404, "JobNotFound", { body: { value: [TASK] } }],
  ["no job", "GET", "/jobs/none/taskcounts", 404, "JobNotFound"],
  ...(["GET", "DELETE"] as const).map((verb): Case => ["no task", verb, "/jobs/job/tasks/none", 404, "TaskNotFound"]),
  ["no task", "POST", "/jobs/job/tasks/none/terminate", 404, "TaskNotFound"],
  ["no task", "POST", "/jobs/job/tasks/none/reactivate", 404, "TaskNotFound"],
  ["no task", "GET", "/jobs/job/tasks/none/files", 404, "TaskNotFound"],
  ["no file", "GET", "/jobs/job/tasks/done/files/none", 404, "FileNotFound"],
  ["no file", "DELETE", "/jobs/job/tasks/done/files/none", 404, "FileNotFound"],
  ["a task that has not run", "GET", "/jobs/off/tasks/waits/files", 409, "TaskFilesUnavailable"],
  ["a directory as a file", "GET", "/jobs/job/tasks/done/files/wd", 409, "OperationNotValidOnNode"],
  ["a pool that is there", "POST", "/pools", 409, "PoolExists", { body: { id: "POOL", ...MACHINES } }],
  ["a job that is there", "POST", "/jobs", 409, "JobExists", { body: { ...JOB, id: "Job" } }],
  ["a task that is there", "POST", "/jobs/job/tasks", 409, "TaskExists", { body: { ...TASK, id: "DONE" } }],
  ["a task for a job that is over", "POST", "/jobs/over/tasks", 409, "JobCompleted", { body: TASK }],
  ["tasks for a job that is over", "POST", "/jobs/over/addtaskcollection", 409, "JobCompleted", { body: { value: [TASK] } }],
  ["changing a job that is over", "PATCH", "/jobs/over", 409, "JobCompleted", { body: { priority: 1 } }],
  ["disabling a job that is over", "POST", "/jobs/over/disable", 409, "JobCompleted", { body: { disableTasks: "wait" } }],
  ["enabling a job that is over", "POST", "/jobs/over/enable", 409, "JobCompleted"],
  ["ending a job that is over", "POST", "/jobs/over/terminate", 409, "JobCompleted"],
  ["another pool for a job that is active", "PATCH", "/jobs/job", 409, "JobNotDisabled", { body: { poolInfo: { poolId: "other" } } }],
  ["ending a task that is over", "POST", "/jobs/job/tasks/done/terminate", 409, "TaskCompleted"],
  ["reactivating a task that succeeded", "POST", "/jobs/job/tasks/done/reactivate", 409, "TaskSucceeded"],
  ["reactivating a task that waits", "POST", "/jobs/off/tasks/waits/reactivate", 409, "TaskNotCompleted"],
];
