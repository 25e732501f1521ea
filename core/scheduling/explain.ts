/** Why a task or a job does not run: a snapshot in, reasons out, the one that matters most first. Pure. */
import { type Job, poolOf } from "../domain/job.ts";
import type { JobNode } from "../domain/job-node.ts";
import type { Node, NodeState } from "../domain/node.ts";
import type { Pool } from "../domain/pool.ts";
import type { TaskIdRange } from "../domain/specs.ts";
import type { Task } from "../domain/task.ts";
import { explainPreparation, explainPreparing } from "./explain-preparation.ts";
import { countUsable } from "./gangs.ts";
import type { Reason, ReasonCode } from "./reason.ts";

/** What a task still waits for: a task by its id, or ids of a range. */
export interface Blocker {
  readonly taskId?: string;
  readonly range?: TaskIdRange;
  readonly state: "missing" | "active" | "preparing" | "running" | "failed" | "ended";
}

export interface JobSnapshot {
  readonly now: number;
  readonly job: Job;
  readonly pool: Pool | undefined;
  /** Of the pool, as far as they were read. */
  readonly nodes: readonly Node[];
  /** The most slots that a node of the pool had left after the last pass. */
  readonly room: number;
  readonly active: number;
  readonly running: number;
  /** Waiting tasks of the pool's jobs of higher priority. */
  readonly ahead: number;
  /** The job's manager, where it has one. */
  readonly manager?: Task;
  /** What the job's preparation did, as far as it was read. */
  readonly prepared?: readonly JobNode[];
}
export interface TaskSnapshot extends JobSnapshot {
  readonly task: Task;
  readonly blockers: readonly Blocker[];
  /** Tasks each of which waits for the next, and the last for the first. */
  readonly cycle?: readonly string[];
}

/** Never empty: a task that nothing holds back is about to start. */
export function explainTask(snapshot: TaskSnapshot): Reason[] {
  const { task } = snapshot;
  const preparing = explainPreparing(task);
  if (preparing.length > 0) return preparing;
  if (task.state !== "active") return [reason("NotWaiting", `The task is ${task.state}.`, { state: task.state })];
  const history = explainHistory(task);
  const held = [...explainJob(snapshot), ...explainBlocked(snapshot)];
  if (held.length > 0) return [...held, ...history];
  const pool = explainPool(snapshot, task.spec.requiredSlots);
  if (pool.length > 0) return [...pool, ...history];
  const unprepared = explainPreparation(snapshot, task.spec.multiInstanceSettings?.numberOfInstances ?? 1);
  if (unprepared.tooFew) return [...unprepared.reasons, ...history];
  history.unshift(...unprepared.reasons);
  const gang = explainGang(snapshot, task);
  if (gang.length > 0) return [...gang, ...history];
  const { manager } = snapshot;
  if (manager?.state === "active" && manager.id !== task.id) {
    const message = `The job's manager, ${manager.id}, waits too, and goes first.`;
    return [reason("BehindJobManager", message, { taskId: manager.id }), explainSlots(snapshot, manager), ...history];
  }
  return [explainSlots(snapshot, task), ...history];
}

/** The same for a job that runs nothing; of its tasks, only their number counts. */
export function explainIdleJob(snapshot: JobSnapshot): Reason[] {
  const held = explainJob(snapshot);
  if (held.length > 0) return held;
  if (snapshot.active === 0) {
    const message = snapshot.running > 0 ? "All tasks of the job run or are completed." : "The job has no task that waits. Add some.";
    return [reason("NoTasks", message, { running: snapshot.running })];
  }
  return [...explainPool(snapshot, 1), ...explainPreparation(snapshot, 1).reasons];
}

function explainJob({ job, running }: JobSnapshot): Reason[] {
  const { state } = job;
  if (state === "disabled" || state === "disabling") return [reason("JobDisabled", `The job is ${state}. Enable it.`, { state })];
  if (state === "terminating" || state === "completed" || state === "deleting") {
    const error = job.schedulingError;
    const why = error ? ` (${error.code}: ${error.message})` : job.terminateReason === undefined ? "" : ` (${job.terminateReason})`;
    return [reason("JobEnded", `The job is ${state}${why}: its waiting tasks will not run.`, { state })];
  }
  const { maxParallelTasks = -1 } = job.spec;
  if (maxParallelTasks < 0 || running < maxParallelTasks) return [];
  return [
    reason("ParallelTasksLimit", `The job runs as many tasks as it may at a time: ${maxParallelTasks}.`, {
      running,
      maxParallelTasks,
    }),
  ];
}

function explainBlocked({ blockers, cycle, task }: TaskSnapshot): Reason[] {
  if (task.blocked === undefined) return [];
  const reasons: Reason[] = [];
  if (cycle) {
    const circle = [...cycle, cycle[0]].join(" -> ");
    reasons.push(reason("DependencyCycle", `Tasks wait for one another in a circle: ${circle}. Delete one of them.`, { cycle }));
  }
  const shown = blockers.map(named).join(", ");
  reasons.push(reason("Blocked", `The task waits for ${shown === "" ? "other tasks" : shown}.`, { dependencies: blockers }));
  return reasons;
}

function named({ taskId, range, state }: Blocker): string {
  const what = taskId === undefined ? `tasks of ${range?.start} to ${range?.end}` : `task ${taskId}`;
  switch (state) {
    case "missing":
      return `${what}, which ${taskId === undefined ? "are not all over" : "does not exist"}`;
    case "failed":
      return `${what}, which failed (reactivate it, or let its exit conditions satisfy)`;
    case "ended":
      return `${what}, which ended and blocks by its exit conditions`;
    default:
      return `${what}, which is ${state}`;
  }
}

/** Nodes that take no task now, by state. */
const NOT_READY: ReadonlySet<NodeState> = new Set([
  "creating",
  "starting",
  "waitingforstarttask",
  "rebooting",
  "reimaging",
  "unknown",
  "unusable",
]);

function explainPool({ job, pool, nodes }: JobSnapshot, slots: number): Reason[] {
  const poolId = poolOf(job);
  if (!pool && job.autoPoolId !== undefined && job.spec.poolInfo.poolId === undefined)
    return [
      reason("AutoPoolMissing", `The pool ${poolId}, which is made for the job, is not there: it is being made, or was deleted.`, {
        poolId,
      }),
    ];
  if (!pool) return [reason("PoolMissing", `There is no pool ${poolId}. Add it, or move the job to another.`, { poolId })];
  if (pool.state === "deleting") return [reason("PoolDeleting", `The pool ${poolId} is being deleted.`, { poolId })];
  const reasons: Reason[] = [];
  if (slots > pool.spec.taskSlotsPerNode) {
    const message = `The task needs ${slots} slots on one node; nodes of the pool ${poolId} have ${pool.spec.taskSlotsPerNode}.`;
    return [reason("TooManySlots", message, { requiredSlots: slots, slotsPerNode: pool.spec.taskSlotsPerNode })];
  }
  const usable = nodes.filter((node) => (node.state === "idle" || node.state === "running") && node.schedulingState === "enabled");
  if (usable.length > 0) return [];
  for (const error of pool.resizeErrors ?? []) {
    reasons.push(
      reason("ResizeFailed", `The pool ${poolId} did not get its nodes: ${error.code}: ${error.message}`, { resizeError: error }),
    );
  }
  if (pool.allocationState !== "steady")
    reasons.push(reason("PoolResizing", `The pool ${poolId} is ${pool.allocationState}.`, { allocationState: pool.allocationState }));
  if (nodes.length === 0 && reasons.length === 0)
    reasons.push(reason("PoolWithoutNodes", `The pool ${poolId} has no nodes. Resize it.`, { poolId }));
  return [...reasons, ...explainNodes(nodes)];
}

function explainNodes(nodes: readonly Node[]): Reason[] {
  const reasons: Reason[] = [];
  const failed = nodes.filter((node) => node.state === "starttaskfailed").map((node) => node.id);
  if (failed.length > 0)
    reasons.push(
      reason("StartTaskFailed", `The start task failed on ${failed.join(", ")}. Its files there may say why.`, { nodes: failed }),
    );
  const disabled = nodes.filter((node) => node.schedulingState === "disabled").map((node) => node.id);
  if (disabled.length > 0)
    reasons.push(reason("SchedulingDisabled", `Scheduling is disabled on ${disabled.join(", ")}.`, { nodes: disabled }));
  const states: Record<string, number> = {};
  for (const node of nodes) if (NOT_READY.has(node.state)) states[node.state] = (states[node.state] ?? 0) + 1;
  const shown = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  if (shown.length > 0) reasons.push(reason("NodesNotReady", `No node is ready: ${shown.join(", ")}.`, { states }));
  return reasons;
}

/** What a multi-instance task needs of its pool. */
function explainGang({ pool, nodes, now }: TaskSnapshot, task: Task): Reason[] {
  const instances = task.spec.multiInstanceSettings?.numberOfInstances;
  if (instances === undefined || !pool) return [];
  const { id, spec } = pool;
  const what = `The task runs on ${instances} nodes at a time`;
  const reasons: Reason[] = [];
  if (spec.enableInterNodeCommunication !== true)
    reasons.push(
      reason(
        "NoInterNodeCommunication",
        `${what}, and those of the pool ${id} may not reach one another. Use a pool with enableInterNodeCommunication.`,
        {
          poolId: id,
        },
      ),
    );
  if (spec.taskSlotsPerNode !== 1)
    reasons.push(
      reason("SharedNodes", `${what}, each to itself; nodes of the pool ${id} have ${spec.taskSlotsPerNode} slots. Use a pool with one.`, {
        slotsPerNode: spec.taskSlotsPerNode,
      }),
    );
  const usable = countUsable(nodes);
  if (usable < instances)
    reasons.push(
      reason("TooFewNodes", `${what}, and the pool ${id} has ${usable} that take tasks. Resize it.`, {
        numberOfInstances: instances,
        usableNodes: usable,
      }),
    );
  if (reasons.length > 0) return reasons;
  const idle = nodes.filter((node) => node.state === "idle" && node.schedulingState === "enabled").length;
  if (idle >= instances) return [];
  const since = task.stateTransitionTime;
  const waited = counted(Math.max(0, Math.round((now - Date.parse(since)) / 1000)), "second");
  return [
    reason("NoFreeNodes", `${what}; it has waited for ${waited}, and ${idle} are free.`, {
      since,
      numberOfInstances: instances,
      idleNodes: idle,
    }),
  ];
}

function explainSlots({ room, ahead, now, nodes, pool }: TaskSnapshot, task: Task): Reason {
  const since = task.stateTransitionTime;
  const waited = counted(Math.max(0, Math.round((now - Date.parse(since)) / 1000)), "second");
  if (task.manager?.dedicated && !nodes.some((node) => node.dedicated))
    return reason("NoDedicatedNode", "It may run on dedicated nodes only, and the pool has none. Resize the pool.", { since });
  const all = pool?.spec.taskSlotsPerNode ?? 1;
  if (task.manager?.exclusive && room < all)
    return reason("NoFreeNode", `It has waited for ${waited} for a node to itself, and every node runs something.`, { since });
  if (room >= task.spec.requiredSlots && ahead === 0)
    return reason("AboutToStart", `Nothing holds the task back; it has waited for ${waited}.`, { since });
  const before = ahead > 0 ? ` ${counted(ahead, "task")} of jobs of higher priority ${ahead === 1 ? "waits" : "wait"} before it.` : "";
  return reason("NoFreeSlot", `It has waited for ${waited}, and no node has room for it.${before}`, { since, ahead });
}

function explainHistory(task: Task): Reason[] {
  const reasons: Reason[] = [];
  if (task.retryCount > 0) {
    const message = `It failed ${counted(task.retryCount, "time")}${task.exitCode === undefined ? "" : `, last with exit code ${task.exitCode}`}, and is tried again.`;
    reasons.push(
      reason("TriedAgain", message, { retryCount: task.retryCount, exitCode: task.exitCode, lastRetryTime: task.lastRetryTime }),
    );
  }
  if (task.requeueCount > 0)
    reasons.push(reason("Requeued", `It was requeued ${counted(task.requeueCount, "time")}.`, { requeueCount: task.requeueCount }));
  return reasons;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function reason(code: ReasonCode, message: string, details: Record<string, unknown>): Reason {
  return { code, message, ...details };
}
