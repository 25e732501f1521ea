import type { ScheduleRef } from "./refs.ts";
import type { FailureInfo, JobSpec } from "./specs.ts";

export type JobState = "active" | "disabling" | "disabled" | "enabling" | "terminating" | "completed" | "deleting";
export type DisableTasks = "requeue" | "terminate" | "wait";

export interface Job {
  readonly id: string;
  /** Its incarnation: see JobRef. */
  readonly uid: string;
  readonly rev: number;
  readonly etag: string;
  readonly creationTime: string;
  readonly lastModified: string;
  readonly state: JobState;
  readonly stateTransitionTime: string;
  readonly previousState?: JobState;
  readonly previousStateTransitionTime?: string;
  readonly spec: JobSpec;
  /** The schedule that it is a job of. */
  readonly schedule?: ScheduleRef;
  /** The pool that is made for it, or for its schedule, where its spec asks for one. */
  readonly autoPoolId?: string;
  /** The pools that it was in before: something of it may still be noted there. */
  readonly formerPools?: readonly string[];
  readonly startTime: string;
  readonly endTime?: string;
  readonly terminateReason?: string;
  /** Why it could not run at all. */
  readonly schedulingError?: FailureInfo;
  /** While disabling: what happens to its running tasks. */
  readonly disableTasks?: DisableTasks;
  /** While nodes are told to release it: since when, when they were last told (both in milliseconds), and behind which of them that goes on. */
  readonly releasing?: { readonly since: number; readonly toldAt: number; readonly after?: string };
}

/** The pool that the job runs on: the one that it names, or the one that was made for it. */
export function poolOf(job: Pick<Job, "autoPoolId"> & { readonly spec: Pick<JobSpec, "poolInfo"> }): string {
  const poolId = job.spec.poolInfo.poolId ?? job.autoPoolId;
  if (poolId === undefined) throw new Error("a job was written down without a pool");
  return poolId;
}

/** The properties that change when a job, or a schedule, goes to another state. */
export function moved<State extends string>(
  entity: { readonly state: State; readonly stateTransitionTime: string },
  state: State,
  now: number,
): { state: State; stateTransitionTime: string; previousState: State; previousStateTransitionTime: string } {
  return {
    state,
    stateTransitionTime: new Date(now).toISOString(),
    previousState: entity.state,
    previousStateTransitionTime: entity.stateTransitionTime,
  };
}

/** Properties of a job's spec to set; null clears one, what is not named stays. */
export type JobChanges = { readonly [property: string]: unknown };
