import type { DeallocationOption } from "../domain/pool.ts";
import type { RecentTask } from "../domain/recent-task.ts";
import type { JobRef, NodeRef, PoolRef, ScheduleRef, TaskRef } from "../domain/refs.ts";
import type {
  ContainerConfiguration,
  ContainerSettings,
  EnvironmentSetting,
  FailureInfo,
  OutputFile,
  ResourceFile,
  StartTask,
  UserIdentity,
} from "../domain/specs.ts";
import type { Member } from "../domain/subtask.ts";
import type { CommandUsage } from "../domain/task-measures.ts";
import type { PreparationOrder, ReleaseOrder } from "./job-commands.ts";
import type { Begin, Coordinated, Disband, InstanceOrder } from "./multi-instance.ts";

/** What the control plane tells a node. Any of these may come twice, late, or after the node has moved on. */
export type ToNode =
  | Configure
  /** `boot`: the start of the agent that it is meant for; a later one, which cannot know what its forerunner ran, gives all of it back. */
  | RunTasks
  /**
   * End a task that runs or waits here. `requeue`: report it returned by its user's wish; `restarted`: returned at nobody's cost; `terminate`: report it
   * finished as TaskEnded; `forget`: no report, and remove its directory.
   */
  | {
      readonly kind: "stop";
      readonly task: TaskRef;
      readonly attempt: number;
      readonly how: "requeue" | "restarted" | "terminate" | "forget";
    }
  /**
   * Give back those of these attempts that never came: their message was lost, or went to an agent that ran here before. One that comes after all must
   * not run any more.
   */
  | { readonly kind: "recall"; readonly attempts: readonly Attempt[] }
  /** A task's directory is no longer wanted. */
  | { readonly kind: "clean"; readonly task: TaskRef }
  | ReleaseOrder
  | Begin
  | Disband
  /** Every directory of the job is no longer wanted. */
  | { readonly kind: "clean-job"; readonly job: JobRef }
  /**
   * Take no more tasks, deal with those that are here as `how` says, and report `drained` when none is left; `resume`: take tasks again. Of all these the one
   * with the greatest `order` counts, however late the others come.
   */
  | { readonly kind: "drain"; readonly how: DeallocationOption; readonly order: number }
  | { readonly kind: "resume"; readonly order: number }
  /** Give back (or end, or finish) what runs, then leave for good. */
  | { readonly kind: "leave"; readonly how: DeallocationOption }
  /** Put the agent's log into a container that the URL gives access to, under the name. */
  | { readonly kind: "upload-log"; readonly containerUrl: string; readonly name: string };

export interface RunTasks {
  readonly kind: "run";
  readonly boot: number;
  readonly lease: string;
  readonly tasks: readonly TaskOrder[];
  /** Of each job among the tasks' that has one: whether it is still to be done only the node knows. */
  readonly preparations?: readonly PreparationOrder[];
}

export interface Attempt {
  readonly task: TaskRef;
  readonly attempt: number;
  /** Of a multi-instance task. */
  readonly member?: Member;
}

/** Sent in answer to `joined`: all that the node must know before it takes tasks. */
export interface Configure {
  readonly kind: "configure";
  readonly node: NodeRef;
  readonly accountName: string;
  readonly accountUrl: string;
  readonly slots: number;
  readonly dedicated: boolean;
  readonly heartbeatSeconds: number;
  /** As often it speaks while it is idle and has nothing new to tell. */
  readonly idleHeartbeatSeconds: number;
  /** Without a word from the control plane for so long, the node ends its tasks: they are being given to others. */
  readonly lostAfterSeconds: number;
  /** What is known of the tasks that ran here before; the agent counts on. */
  readonly totals: NodeTotals;
  /** The last `drain` or `resume` that was given to the node, and whether it is drained by it. */
  readonly order: number;
  readonly drained: boolean;
  readonly startTask?: StartTask;
  readonly containers?: ContainerConfiguration;
}

/** One attempt of one task, with everything resolved that the node needs. */
export interface TaskOrder {
  readonly task: TaskRef;
  readonly attempt: number;
  readonly slots: number;
  readonly commandLine: string;
  /** The job's common settings, overlaid by the task's. */
  readonly environment?: readonly EnvironmentSetting[];
  readonly resourceFiles?: readonly ResourceFile[];
  readonly outputFiles?: readonly OutputFile[];
  readonly container?: ContainerSettings;
  readonly userIdentity?: UserIdentity;
  /** The id of its job's preparation, where the job has one. */
  readonly preparation?: string;
  /** It is shown as preparing until its start is reported, which therefore must be. */
  readonly preparing?: true;
  /** The bearer token with which the attempt may speak for its job, where it asked for one. */
  readonly token?: string;
  /** One of several instances: `commandLine`, `resourceFiles` and `outputFiles` are for the primary alone. */
  readonly multi?: InstanceOrder;
  readonly maxWallClockMs?: number;
  /** The limit is not the task's own: it has nearly lived as long as any task may. */
  readonly endOfLife?: true;
  readonly retentionMs?: number;
}

/** What an agent reports: all that happened since its last report that was accepted. */
export interface NodeReport {
  /** Which start of the agent sent it; grows with every start. */
  readonly boot: number;
  /** Grows with every report of a boot. */
  readonly seq: number;
  readonly events: readonly NodeEvent[];
  readonly load: NodeLoad;
}

/** A report and the machine that it came from, as the transport authenticated it. */
export interface NodeEnvelope {
  readonly machineId: string;
  readonly poolId: string;
  readonly dedicated: boolean;
  readonly report: NodeReport;
}

export interface NodeLoad {
  /** Slots' worth of tasks that the node would take now: its free slots, and a little ahead when tasks are short. */
  readonly want: number;
  /** Tasks that run or wait here. */
  readonly busy: number;
  /** Task slots in use. */
  readonly slotsInUse: number;
  /** The newest lease that had arrived when this was written; absent when none. */
  readonly lease?: string;
  /** The uids of jobs that are prepared here, and of those that could not be: these send it no task. The latest only. */
  readonly prepared?: readonly string[];
  readonly unprepared?: readonly string[];
}

/** Tasks that have ended on a node. */
export interface NodeTotals {
  readonly run: number;
  readonly succeeded: number;
}

/** What clients are shown of a node's tasks: those that run, not those that wait for a slot. */
export interface NodeFacts extends NodeTotals {
  readonly running: number;
  readonly slots: number;
  /** The newest first, at most 10. */
  readonly recent: readonly RecentTask[];
}

export type NodeEvent =
  /** The agent is up and asks for its configuration. `held`: leases that it still works on, from before its restart. */
  | { readonly kind: "joined"; readonly at: string; readonly held: readonly string[]; readonly agentVersion: string }
  | { readonly kind: "start-task"; readonly at: string; readonly info: StartTaskReport }
  /** Takes tasks from now on. */
  | { readonly kind: "ready"; readonly at: string }
  /** Sent only of tasks that run for longer than a second or two, and of those that were shown as preparing (`prepared`). */
  | { readonly kind: "task-started"; readonly task: TaskRef; readonly attempt: number; readonly at: string; readonly prepared?: true }
  | {
      readonly kind: "task-finished";
      readonly task: TaskRef;
      readonly attempt: number;
      /** Of a multi-instance task: which of its instances has ended. */
      readonly member?: Member;
      readonly end: TaskEnd;
    }
  | Coordinated
  /** Not run, or stopped to run elsewhere: through no fault of its own. */
  | {
      readonly kind: "task-returned";
      readonly task: TaskRef;
      readonly attempt: number;
      readonly member?: Member;
      readonly at: string;
      readonly why: "no-slot" | "requeue" | "leaving" | "restarted" | "preparation-failed";
    }
  | { readonly kind: "preparation"; readonly job: JobRef; readonly id: string; readonly report: JobCommandReport }
  /** What a `release` asked for is done, or under way; without a report nothing was to be done here. */
  | { readonly kind: "release"; readonly job: JobRef; readonly id?: string; readonly report?: JobCommandReport }
  /** Every task of the lease has been reported on. */
  | { readonly kind: "lease-done"; readonly lease: string }
  | {
      readonly kind: "heartbeat";
      readonly at: string;
      readonly held: readonly string[];
      readonly facts: NodeFacts;
      readonly draining: boolean;
      /** It takes no tasks until there is room on its disk again. */
      readonly diskFull?: boolean;
    }
  /** Told to drain, it holds no task any more. */
  | { readonly kind: "drained"; readonly at: string; readonly order: number }
  /** The last word of a node that was told to leave. */
  | { readonly kind: "left"; readonly at: string };

/** How an attempt ended. `exitCode` is absent when the command never ran. */
export interface TaskEnd {
  readonly startTime: string;
  readonly endTime: string;
  readonly exitCode?: number;
  readonly failure?: FailureInfo;
  /** Failed before the command could run (files, program not found): never tried again. */
  readonly beforeCommand?: boolean;
  /** Absent where the node cannot tell. */
  readonly usage?: CommandUsage;
}

export interface StartTaskReport extends Partial<TaskEnd> {
  readonly state: "running" | "completed";
  readonly startTime: string;
  readonly retryCount: number;
  readonly lastRetryTime?: string;
}

/** The same of a job's preparation, or release, on a node. */
export type JobCommandReport = StartTaskReport;

/**
 * "Something changed in this pool, look again." Rings of one pool are handled one batch at a time: whatever must not run beside a
 * scheduling pass of the pool is asked for here.
 */
export interface Ring {
  readonly pool: PoolRef;
  /** Nodes that said what they would take. */
  readonly offers?: readonly NodeOffer[];
  /** Nodes that are gone, or must be taken for gone: their tasks go back. */
  readonly lost?: readonly LostNode[];
  /** Jobs between two states (disabling, terminating, deleting), or that may be complete. */
  readonly settle?: readonly JobRef[];
  /** The pool's nodes may not fit its target. */
  readonly fit?: boolean;
  /** Nodes that are to be restarted, stopped or set offline as soon as they hold no task. */
  readonly operate?: readonly NodeToOperate[];
}
export interface NodeOffer {
  readonly nodeId: string;
  readonly load: NodeLoad;
}
export interface NodeToOperate {
  readonly nodeId: string;
  /** It said that it is drained, by this order. */
  readonly drained?: number;
}
export interface LostNode {
  readonly nodeId: string;
  readonly why: "left" | "silent" | "gone";
}

/** Work too long for a request, and timers: done in steps, each of which may be repeated. */
export type Work =
  /** A ring that could wait. */
  | { readonly kind: "ring"; readonly ring: Ring }
  /** Take away all that a deleted job had, what nodes said of its preparation (`prepared`) too; `again` once more, later, for what was written while it went. */
  | {
      readonly kind: "purge-job";
      readonly job: JobRef;
      readonly poolIds: readonly string[];
      readonly again: boolean;
      readonly prepared?: true;
    }
  /** Was a job written down whose tasks were written ahead? If not, they go. */
  | { readonly kind: "forget-unborn"; readonly job: JobRef; readonly poolId: string }
  /** Has the node confirmed the end of this attempt? If not, it is told again. */
  | { readonly kind: "confirm-stop"; readonly task: TaskRef; readonly attempt: number }
  | { readonly kind: "job-deadline"; readonly job: JobRef }
  /** Only if nobody counted since `rev`; it is awaited that nobody does until the time, in milliseconds since the epoch. `token`: see recount-at-rest. */
  | { readonly kind: "recount-job"; readonly job: JobRef; readonly token: string; readonly rev: number; readonly until: number }
  /** The dependants of tasks, or of stretches of ids, that are over: those behind `after`. */
  | { readonly kind: "release-dependants"; readonly job: JobRef; readonly names: readonly string[]; readonly after: string }
  /** Is a job of the schedule due, or over? `at`: its timer, which was to go off then, in milliseconds. */
  | { readonly kind: "look-at-schedule"; readonly schedule: ScheduleRef; readonly at?: number }
  /** The job, if it is there by now, needs a pool of its own. */
  | { readonly kind: "ensure-auto-pool"; readonly job: JobRef }
  | { readonly kind: "sweep-pool"; readonly pool: PoolRef; readonly token: string }
  | { readonly kind: "sweep-all" };
