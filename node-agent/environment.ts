import type { EnvironmentSetting } from "../core/domain/specs.ts";
import type { Configure, TaskOrder } from "../core/protocol/messages.ts";
import type { InstanceOrder } from "../core/protocol/multi-instance.ts";
import type { NodeDirectories, TaskDirectories } from "./directories.ts";

/** What every command on a node sees: of the agent's own environment, only these names. */
const INHERITED = ["PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "TMPDIR"];
const INHERITED_ON_WINDOWS = [
  "Path",
  "PATHEXT",
  "SystemRoot",
  "SystemDrive",
  "windir",
  "ComSpec",
  "TEMP",
  "TMP",
  "NUMBER_OF_PROCESSORS",
  "USERNAME",
];
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** The port that the overview's multi-instance tasks meet on. */
const MASTER_PORT = 6000;

export type Environment = Record<string, string>;

/** The part that is the same for every task of a node: computed once. */
export function nodeEnvironment(
  node: Pick<Configure, "node" | "accountName" | "accountUrl" | "dedicated">,
  directories: NodeDirectories,
  ipAddress: string,
  own: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Environment {
  const env: Environment = {};
  for (const name of platform === "win32" ? INHERITED_ON_WINDOWS : INHERITED) {
    const value = own[name];
    if (value !== undefined) env[name] = value;
  }
  if (platform !== "win32") env.PATH ??= DEFAULT_PATH;
  return Object.assign(env, {
    AZ_BATCH_ACCOUNT_NAME: node.accountName,
    AZ_BATCH_ACCOUNT_URL: node.accountUrl,
    AZ_BATCH_POOL_ID: node.node.poolId,
    AZ_BATCH_NODE_ID: node.node.nodeId,
    AZ_BATCH_NODE_IS_DEDICATED: String(node.dedicated),
    AZ_BATCH_NODE_ROOT_DIR: directories.root,
    AZ_BATCH_NODE_SHARED_DIR: directories.shared,
    AZ_BATCH_NODE_STARTUP_DIR: directories.startup,
    AZ_BATCH_NODE_MOUNTS_DIR: directories.mounts,
    // A plain task is a run over one node: programs made for many need not tell the difference.
    AZ_BATCH_HOST_LIST: ipAddress,
    AZ_BATCH_NODE_LIST: ipAddress,
    AZ_BATCH_MASTER_NODE: `${ipAddress}:${MASTER_PORT}`,
    AZ_BATCH_IS_CURRENT_NODE_MASTER: "true",
    CCP_NODES: `1 ${ipAddress} 1`,
  });
}

/**
 * A task's environment. The user's settings come last and may replace any name, as on Azure: what they change is seen by their own task only.
 * `preparation`: where the task's job was prepared, if it was.
 */
export function taskEnvironment(
  node: Environment,
  order: Pick<TaskOrder, "task" | "environment" | "token" | "multi">,
  task: TaskDirectories,
  preparation?: TaskDirectories,
): Environment {
  const env = {
    ...node,
    AZ_BATCH_JOB_ID: order.task.jobId,
    AZ_BATCH_TASK_ID: order.task.taskId,
    AZ_BATCH_TASK_DIR: task.directory,
    AZ_BATCH_TASK_WORKING_DIR: task.working,
    HOME: task.working,
    ...(preparation && { AZ_BATCH_JOB_PREP_DIR: preparation.directory, AZ_BATCH_JOB_PREP_WORKING_DIR: preparation.working }),
    ...(order.multi && gangEnvironment(order.multi, task)),
    ...(order.token !== undefined && { AZ_BATCH_AUTHENTICATION_TOKEN: order.token }),
  };
  return overlay(env, order.environment);
}

/** What an instance of a multi-instance task is told of the others. */
function gangEnvironment({ hosts, instance }: InstanceOrder, { directory }: TaskDirectories): Environment {
  return {
    AZ_BATCH_HOST_LIST: hosts.join(","),
    AZ_BATCH_NODE_LIST: hosts.join(";"),
    AZ_BATCH_MASTER_NODE: `${hosts[0]}:${MASTER_PORT}`,
    AZ_BATCH_IS_CURRENT_NODE_MASTER: String(instance === 0),
    AZ_BATCH_TASK_SHARED_DIR: directory,
    CCP_NODES: [hosts.length, ...hosts.map((host) => `${host} 1`)].join(" "),
  };
}

/** The start task's environment: it belongs to no job. */
export function startTaskEnvironment(
  node: Environment,
  settings: readonly EnvironmentSetting[] | undefined,
  task: TaskDirectories,
): Environment {
  return overlay({ ...node, AZ_BATCH_TASK_DIR: task.directory, AZ_BATCH_TASK_WORKING_DIR: task.working, HOME: task.working }, settings);
}

function overlay(env: Environment, settings: readonly EnvironmentSetting[] = []): Environment {
  for (const { name, value } of settings) env[name] = value ?? "";
  return env;
}
