import type { JobSpec } from "./specs.ts";

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
  /** The pool that was made for it alone, where its spec asks for one. */
  readonly autoPoolId?: string;
  /** The pools that it was in before: something of it may still be noted there. */
  readonly formerPools?: readonly string[];
  readonly startTime: string;
  readonly endTime?: string;
  readonly terminateReason?: string;
  /** While disabling: what happens to its running tasks. */
  readonly disableTasks?: DisableTasks;
}

/** The pool that the job runs on: the one that it names, or the one that was made for it. */
export function poolOf(job: Pick<Job, "autoPoolId"> & { readonly spec: Pick<JobSpec, "poolInfo"> }): string {
  const poolId = job.spec.poolInfo.poolId ?? job.autoPoolId;
  if (poolId === undefined) throw new Error("a job was written down without a pool");
  return poolId;
}

/** The properties that change when a job goes to another state. */
export function moved(
  job: Job,
  state: JobState,
  now: number,
): Pick<Job, "state" | "stateTransitionTime" | "previousState" | "previousStateTransitionTime"> {
  return {
    state,
    stateTransitionTime: new Date(now).toISOString(),
    previousState: job.state,
    previousStateTransitionTime: job.stateTransitionTime,
  };
}

/** Properties of a job's spec to set; null clears one, what is not named stays. */
export type JobChanges = { readonly [property: string]: unknown };
