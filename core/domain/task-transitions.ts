/** The legal steps of a task, as the properties that each of them changes; undefined removes a property. Pure. */
import type { TaskEnd } from "../protocol/messages.ts";
import { isUploadFailure } from "./exit-conditions.ts";
import type { TaskRef } from "./refs.ts";
import type { FailureInfo } from "./specs.ts";
import type { Task, TaskNode, TaskState } from "./task.ts";
import { addedUsage, attemptUsage } from "./task-measures.ts";

export type TaskChanges = { readonly [P in keyof Task]?: Task[P] | undefined };

export function taskRef(task: Pick<Task, "jobId" | "uid" | "id">): TaskRef {
  return { jobId: task.jobId, uid: task.uid, taskId: task.id };
}

function moved(task: Pick<Task, "state" | "stateTransitionTime">, state: TaskState, now: number): TaskChanges {
  return {
    state,
    stateTransitionTime: new Date(now).toISOString(),
    previousState: task.state,
    previousStateTransitionTime: task.stateTransitionTime,
  };
}

/**
 * active -> running: the next attempt is handed to a node, which may have to prepare the task's job first (`preparing`). Written without reading the task
 * first: it waited since its creation or its last requeue.
 */
export function assigned(attempt: number, node: TaskNode, now: number, preparing = false): TaskChanges {
  const at = new Date(now).toISOString();
  return {
    state: "running",
    stateTransitionTime: at,
    previousState: "active",
    previousStateTransitionTime: undefined,
    attempt,
    node,
    holder: node.machineId,
    startTime: at,
    preparing: preparing ? true : undefined,
  };
}

/** running -> completed, of an attempt that ended well: written without reading the task first. */
export function succeeded(end: TaskEnd, now: number): TaskChanges {
  return {
    state: "completed",
    stateTransitionTime: new Date(now).toISOString(),
    previousState: "running",
    previousStateTransitionTime: end.startTime,
    startTime: end.startTime,
    endTime: end.endTime,
    exitCode: end.exitCode ?? 0,
    result: "success",
    used: attemptUsage(end),
    failure: undefined,
    stop: undefined,
  };
}

/** running -> completed or active, of an attempt that failed: only an exit code of the command's own is tried again (Azure's rule). */
export function failed(task: Task, end: TaskEnd, now: number): { again: boolean; changes: TaskChanges } {
  const limit = task.spec.constraints?.maxTaskRetryCount ?? 0;
  const own = end.exitCode !== undefined && !end.beforeCommand && end.failure?.code !== "TaskEnded" && !isUploadFailure(end.failure);
  const again = own && task.stop === undefined && (limit < 0 || task.retryCount < limit);
  if (again) {
    const changes = {
      ...moved(task, "active", now),
      ...attemptOver(end),
      usedBefore: addedUsage(task.usedBefore, attemptUsage(end)),
      retryCount: task.retryCount + 1,
      lastRetryTime: new Date(now).toISOString(),
    };
    return { again, changes };
  }
  return {
    again,
    changes: { ...moved(task, "completed", now), ...attemptOver(end), result: "failure", used: attemptUsage(end), stop: undefined },
  };
}

function attemptOver(end: TaskEnd): TaskChanges {
  return { startTime: end.startTime, endTime: end.endTime, exitCode: end.exitCode, failure: end.failure };
}

/**
 * running -> active: through no fault of the task's. `requeueCount` counts what the user caused; a lost node charges nothing. A task that its user
 * wanted ended meanwhile is completed instead.
 */
export function givenBack(task: Task, cause: "user" | "service", now: number): { again: boolean; changes: TaskChanges } {
  if (task.stop === "terminate") return { again: false, changes: endedByUser(task, now) };
  const counted = cause === "user" ? { requeueCount: task.requeueCount + 1, lastRequeueTime: new Date(now).toISOString() } : {};
  const changes = {
    ...moved(task, "active", now),
    ...counted,
    startTime: undefined,
    endTime: undefined,
    exitCode: undefined,
    failure: undefined,
    stop: undefined,
  };
  return { again: true, changes };
}

const TASK_ENDED: FailureInfo = { category: "usererror", code: "TaskEnded", message: "The task was ended by a user's request." };

/** -> completed, by its user's request. */
export function endedByUser(task: Task, now: number): TaskChanges {
  const at = new Date(now).toISOString();
  return {
    ...moved(task, "completed", now),
    endTime: at,
    startTime: task.startTime ?? at,
    exitCode: undefined,
    failure: TASK_ENDED,
    result: "failure",
    stop: undefined,
  };
}

/** completed -> active: a failed task is tried once more from the beginning, with all its retries. */
export function reactivated(task: Task, now: number): TaskChanges {
  return {
    ...moved(task, "active", now),
    retryCount: 0,
    lastRetryTime: undefined,
    startTime: undefined,
    endTime: undefined,
    exitCode: undefined,
    failure: undefined,
    result: undefined,
    used: undefined,
    usedBefore: addedUsage(task.usedBefore, task.used),
  };
}

/** active -> completed again, as it was: its reactivation came too late. */
export function takenBack(before: Task): TaskChanges {
  const { state, stateTransitionTime, previousState, previousStateTransitionTime, result, exitCode, failure } = before;
  const { retryCount, lastRetryTime, startTime, endTime, used, usedBefore } = before;
  const times = { stateTransitionTime, previousStateTransitionTime, lastRetryTime, startTime, endTime };
  return { state, previousState, result, exitCode, failure, retryCount, used, usedBefore, ...times };
}
