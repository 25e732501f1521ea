import type { StartTaskReport } from "../protocol/messages.ts";
import type { DeallocationOption } from "./pool.ts";
import type { RecentTask } from "./recent-task.ts";

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
  | "preempted"
  | "upgradingos"
  | "deallocating"
  | "deallocated";

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
  /** The version of the operating system that it was installed with, where its pool names one. */
  readonly osVersion?: string;
  readonly boot: number;
  /** When it was last heard of, to within a heartbeat. */
  readonly lastSeen: string;
  /** While it is unknown: when it should have been heard of at the latest (milliseconds since the epoch). */
  readonly overdueSince?: number;
  readonly totalTasksRun: number;
  readonly totalTasksSucceeded: number;
  readonly runningTasks: number;
  readonly runningSlots: number;
  /** Told to leave: what becomes of its tasks. */
  readonly leaving?: DeallocationOption;
  /** What happens to it as soon as its tasks have been dealt with. */
  readonly operation?: NodeOperation;
  /** While its scheduling is disabled: what was to become of its tasks. */
  readonly disabling?: "requeue" | "terminate" | "taskcompletion";
  /** Counts the words about taking tasks (drain, resume) that were given to it: see ToNode. */
  readonly order: number;
  readonly startTask?: StartTaskReport;
  /** What keeps it from work, as clients are shown it. */
  readonly errors?: readonly NodeError[];
  readonly agentVersion?: string;
  /** Its last tasks, the newest first, at most 10. */
  readonly recentTasks?: readonly RecentTask[];
}
export interface NodeOperation {
  readonly kind: "reboot" | "reimage" | "upgrade" | "deallocate" | "start";
  /** What becomes of its tasks. */
  readonly how: DeallocationOption;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Of an upgrade: to which version of the operating system. */
  readonly osVersion?: string;
}
export interface NodeError {
  readonly code: string;
  readonly message: string;
}
