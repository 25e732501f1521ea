/** `code` is for programs, `message` for people: it says what can be done. The other properties depend on the code. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  readonly [detail: string]: unknown;
}
export type ReasonCode =
  | "NotWaiting"
  | "JobDisabled"
  | "JobEnded"
  | "NoTasks"
  | "Blocked"
  | "DependencyCycle"
  | "ParallelTasksLimit"
  | "PoolMissing"
  | "AutoPoolMissing"
  | "PoolDeleting"
  | "PoolResizing"
  | "PoolWithoutNodes"
  | "ResizeFailed"
  | "NodesNotReady"
  | "StartTaskFailed"
  | "SchedulingDisabled"
  | "TooManySlots"
  | "Preparing"
  | "PreparationFailed"
  | "BehindJobManager"
  | "NoDedicatedNode"
  | "NoFreeNode"
  | "NoFreeSlot"
  | "NoInterNodeCommunication"
  | "SharedNodes"
  | "TooFewNodes"
  | "NoFreeNodes"
  | "TriedAgain"
  | "Requeued"
  | "AboutToStart";
