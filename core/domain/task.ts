import type { FailureInfo, TaskSpec } from "./specs.ts";
import type { TaskUsage } from "./task-measures.ts";

/** A task lives at most so long from its addition, whatever its own limits: what has not ended by then is ended. */
export const LONGEST_LIFE_MS = 180 * 24 * 3_600_000;

export type TaskState = "active" | "preparing" | "running" | "completed";

/** A task as stored. `attempt` is the number of the last attempt that was handed to a node; 0 before the first. */
export interface Task {
  readonly jobId: string;
  readonly uid: string;
  readonly id: string;
  readonly etag: string;
  readonly creationTime: string;
  readonly lastModified: string;
  readonly state: TaskState;
  readonly stateTransitionTime: string;
  readonly previousState?: TaskState;
  readonly previousStateTransitionTime?: string;
  readonly attempt: number;
  readonly spec: TaskSpec;
  readonly retryCount: number;
  readonly lastRetryTime?: string;
  readonly requeueCount: number;
  readonly lastRequeueTime?: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly exitCode?: number;
  readonly failure?: FailureInfo;
  readonly result?: "success" | "failure";
  /** Where it runs, or last ran. */
  readonly node?: TaskNode;
  /** The machine that holds the current attempt: nobody else's word on it counts. */
  readonly holder?: string;
  /** What its last attempt used, once that has ended for good; and what those before it used that ended by themselves. */
  readonly used?: TaskUsage;
  readonly usedBefore?: TaskUsage;
  /** Of a multi-instance task: the nodes that were given the last attempt together, by a name that no other attempt, and no attempt at giving it, has had. */
  readonly gang?: string;
  /** Running, and shown as preparing: its node may still prepare its job, until the node says that it started. */
  readonly preparing?: true;
  /** A user's wish about the running attempt that its node has not confirmed yet. */
  readonly stop?: "requeue" | "terminate";
  /** It is its job's manager. */
  readonly manager?: ManagerTraits;
  /** Its job uses task dependencies: others may wait for it. */
  readonly linked?: true;
  /** It waits for other tasks and may not start; see domain/dependencies. Gone once all of them are over. */
  readonly blocked?: string;
  readonly waits?: readonly string[];
}
/** The state that clients are shown: a task whose node may still prepare its job is preparing. */
export function shownState({ state, preparing }: Pick<Task, "state" | "preparing">): TaskState {
  return state === "running" && preparing ? "preparing" : state;
}

/** What sets a job manager apart from the other tasks of its job. */
export interface ManagerTraits {
  /** Its node runs nothing else meanwhile. */
  readonly exclusive: boolean;
  /** It may not run on low-priority nodes. */
  readonly dedicated: boolean;
  /** Its end is the end of its job. */
  readonly kills: boolean;
}
export interface TaskNode {
  readonly poolId: string;
  readonly nodeId: string;
  readonly machineId: string;
}
export interface TaskCounts {
  readonly active: number;
  readonly running: number;
  readonly completed: number;
  readonly succeeded: number;
  readonly failed: number;
}
/** In tasks, and in task slots. */
export interface Counts {
  readonly tasks: TaskCounts;
  readonly slots: TaskCounts;
}
