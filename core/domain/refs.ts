/** Names of things across core. Ids as the user wrote them; they are compared without case. */
export interface PoolRef {
  readonly poolId: string;
}
export interface NodeRef {
  readonly poolId: string;
  readonly nodeId: string;
}
/** A job and its incarnation: a job deleted and added again has another uid, so nothing of the old one is ever taken for the new. */
export interface JobRef {
  readonly jobId: string;
  readonly uid: string;
}
/** A job schedule and its incarnation. */
export interface ScheduleRef {
  readonly scheduleId: string;
  readonly uid: string;
}
export interface TaskRef extends JobRef {
  readonly taskId: string;
}
