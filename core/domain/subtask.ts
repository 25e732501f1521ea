import type { FailureInfo } from "./specs.ts";
import type { TaskNode } from "./task.ts";

/** One instance of an attempt of a multi-instance task: 0 is the primary, which runs the task's own command line. */
export interface Member {
  /** The nodes that were given an attempt together: see Task. */
  readonly gang: string;
  readonly instance: number;
}

/**
 * An instance as stored, from before its node is told of it until its task goes away, or is tried again. `running` until the node has said that nothing of
 * it runs any more, or is gone.
 */
export interface Subtask extends Member {
  readonly node: TaskNode;
  /** The lease that gave it to its node. */
  readonly lease: string;
  readonly attempt: number;
  readonly state: "running" | "completed";
  readonly stateTransitionTime: string;
  readonly previousState?: "running";
  readonly previousStateTransitionTime?: string;
  readonly startTime: string;
  readonly endTime?: string;
  readonly exitCode?: number;
  readonly failure?: FailureInfo;
  readonly result?: "success" | "failure";
}

/** Instances whose coordination is noted in one item: short enough for one write unit, many enough that few items tell of all. */
export const COORDINATION_BLOCK = 50;

/** Of a gang, or of up to 50 of its instances or blocks, which have coordinated: an attribute each, so that saying it twice changes nothing. */
export interface Coordination {
  /** So many are awaited. */
  readonly of: number;
  readonly attempt: number;
  /** The machine of the primary. */
  readonly primary: string;
}
