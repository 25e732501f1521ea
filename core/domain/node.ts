import type { StartTaskReport } from "../protocol/messages.ts";

export type NodeState =
  | "idle"
  | "rebooting"
  | "reimaging"
  | "running"
  | "unusable"
  | "creating"
  | "starting"
  | "waitingforstarttask"
  | "starttaskfailed"
  | "unknown"
  | "leavingpool"
  | "offline"
  | "preempted";

export interface Node {
  readonly id: string;
  readonly poolId: string;
  readonly rev: number;
  readonly machineId: string;
  readonly state: NodeState;
  readonly stateTransitionTime: string;
  readonly schedulingState: "enabled" | "disabled";
  readonly allocationTime: string;
  readonly lastBootTime?: string;
  readonly ipAddress: string;
  readonly vmSize: string;
  readonly dedicated: boolean;
  readonly slots: number;
  readonly boot: number;
  /** When it was last heard of, to within a heartbeat. */
  readonly lastSeen: string;
  readonly totalTasksRun: number;
  readonly totalTasksSucceeded: number;
  readonly runningTasks: number;
  readonly runningSlots: number;
  /** Told to leave: what becomes of its tasks. */
  readonly leaving?: Leaving;
  readonly startTask?: StartTaskReport;
  readonly agentVersion?: string;
  /** Its last tasks, the newest first, at most 10. */
  readonly recentTasks?: readonly RecentTask[];
}
export type Leaving = "requeue" | "terminate" | "taskcompletion";
export interface RecentTask {
  readonly jobId: string;
  readonly taskId: string;
  readonly state: "running" | "completed";
  readonly startTime?: string;
  readonly endTime?: string;
  readonly exitCode?: number;
}
