/** The documents of the newest API version, from what is stored: no odata names, no version changes. Properties that are undefined are left out. */
import { UNLIMITED } from "./duration.ts";
import { type Job, poolOf } from "./job.ts";
import type { Node } from "./node.ts";
import type { Pool } from "./pool.ts";
import { present } from "./present.ts";
import type { StartTask } from "./specs.ts";
import type { Subtask } from "./subtask.ts";
import { type Counts, shownState, type Task, type TaskNode } from "./task.ts";
import { taskPath } from "./work-directory.ts";

type Document = Record<string, unknown>;

export function poolView(pool: Pool, accountUrl: string): Document {
  const { currentDedicatedNodes, currentLowPriorityNodes } = pool;
  return present({
    ...pool.spec,
    ...(pool.upgrade && {
      cloudServiceConfiguration: { ...(pool.spec.cloudServiceConfiguration as Document), currentOSVersion: pool.upgrade.from },
    }),
    url: `${accountUrl}/pools/${pool.id}`,
    eTag: pool.etag,
    lastModified: pool.lastModified,
    creationTime: pool.creationTime,
    state: pool.state,
    stateTransitionTime: pool.stateTransitionTime,
    allocationState: pool.allocationState,
    allocationStateTransitionTime: pool.allocationStateTransitionTime,
    currentDedicatedNodes,
    currentLowPriorityNodes,
    resizeErrors: pool.resizeErrors,
  });
}

export function jobView(job: Job, accountUrl: string): Document {
  return present({
    ...job.spec,
    url: `${accountUrl}/jobs/${job.id}`,
    eTag: job.etag,
    lastModified: job.lastModified,
    creationTime: job.creationTime,
    state: job.state,
    stateTransitionTime: job.stateTransitionTime,
    previousState: job.previousState,
    previousStateTransitionTime: job.previousStateTransitionTime,
    executionInfo: present({
      startTime: job.startTime,
      endTime: job.endTime,
      poolId: poolOf(job),
      schedulingError: job.schedulingError,
      terminateReason: job.terminateReason,
    }),
  });
}

export function taskView(task: Task, accountUrl: string): Document {
  return present({
    ...task.spec,
    url: taskUrl(task, accountUrl),
    eTag: task.etag,
    lastModified: task.lastModified,
    creationTime: task.creationTime,
    state: shownState(task),
    stateTransitionTime: task.stateTransitionTime,
    previousState: task.previousState,
    previousStateTransitionTime: task.previousStateTransitionTime,
    constraints: { maxWallClockTime: UNLIMITED, retentionTime: UNLIMITED, maxTaskRetryCount: 0, ...task.spec.constraints },
    executionInfo: executionView(task),
    nodeInfo: task.node && taskNodeView(task, task.node, accountUrl),
  });
}

function taskNodeView(task: Pick<Task, "jobId" | "id">, { poolId, nodeId }: TaskNode, accountUrl: string): Document {
  const nodeUrl = `${accountUrl}/pools/${poolId}/nodes/${nodeId}`;
  const taskRootDirectory = taskPath({ jobId: task.jobId, taskId: task.id });
  return {
    affinityId: `TVM:${nodeId}`,
    nodeUrl,
    poolId,
    nodeId,
    taskRootDirectory,
    taskRootDirectoryUrl: `${nodeUrl}/files/${taskRootDirectory}`,
  };
}

/** An instance of a multi-instance task, which has the task's directory on a node of its own. */
export function subtaskView(task: Pick<Task, "jobId" | "id">, subtask: Subtask, accountUrl: string): Document {
  return present({
    id: subtask.instance,
    nodeInfo: taskNodeView(task, subtask.node, accountUrl),
    startTime: subtask.startTime,
    endTime: subtask.endTime,
    exitCode: subtask.exitCode,
    failureInfo: subtask.failure,
    state: subtask.state,
    stateTransitionTime: subtask.stateTransitionTime,
    previousState: subtask.previousState,
    previousStateTransitionTime: subtask.previousStateTransitionTime,
    result: subtask.result,
  });
}

function executionView(task: Task): Document {
  return present({
    startTime: shownState(task) === "preparing" ? undefined : task.startTime,
    endTime: task.endTime,
    exitCode: task.exitCode,
    failureInfo: task.failure,
    retryCount: task.retryCount,
    lastRetryTime: task.lastRetryTime,
    requeueCount: task.requeueCount,
    lastRequeueTime: task.lastRequeueTime,
    result: task.result,
  });
}

function taskUrl(task: { jobId: string; id: string }, accountUrl: string): string {
  return `${accountUrl}/jobs/${task.jobId}/tasks/${task.id}`;
}

/** `startTask`: what the node's pool has every node run first. */
export function nodeView(node: Node, accountUrl: string, startTask: StartTask | undefined): Document {
  return present({
    id: node.id,
    url: `${accountUrl}/pools/${node.poolId}/nodes/${node.id}`,
    state: node.state,
    schedulingState: node.schedulingState,
    stateTransitionTime: node.stateTransitionTime,
    lastBootTime: node.lastBootTime,
    allocationTime: node.allocationTime,
    ipAddress: node.ipAddress,
    affinityId: `TVM:${node.id}`,
    vmSize: node.vmSize,
    totalTasksRun: node.totalTasksRun,
    runningTasksCount: node.runningTasks,
    runningTaskSlotsCount: node.runningSlots,
    totalTasksSucceeded: node.totalTasksSucceeded,
    recentTasks: node.recentTasks?.map((task) =>
      present({
        taskUrl: taskUrl({ jobId: task.jobId, id: task.taskId }, accountUrl),
        jobId: task.jobId,
        taskId: task.taskId,
        subtaskId: task.subtaskId,
        taskState: task.state,
        executionInfo: present({
          startTime: task.startTime,
          endTime: task.endTime,
          exitCode: task.exitCode,
          retryCount: 0,
          requeueCount: 0,
        }),
      }),
    ),
    startTask,
    errors: node.errors,
    startTaskInfo: node.startTask && startTaskView(node.startTask),
    isDedicated: node.dedicated,
    nodeAgentInfo: node.agentVersion ? { version: node.agentVersion, lastUpdateTime: node.lastBootTime ?? node.allocationTime } : undefined,
  });
}

function startTaskView(info: NonNullable<Node["startTask"]>): Document {
  const failed = info.failure !== undefined || (info.exitCode ?? 0) !== 0;
  return present({
    state: info.state,
    startTime: info.startTime,
    endTime: info.endTime,
    exitCode: info.exitCode,
    failureInfo: info.failure,
    retryCount: info.retryCount,
    lastRetryTime: info.lastRetryTime,
    result: info.state === "completed" ? (failed ? "failure" : "success") : undefined,
  });
}

export function countsView(counts: Counts): Document {
  return { taskCounts: { ...counts.tasks }, taskSlotCounts: { ...counts.slots } };
}
