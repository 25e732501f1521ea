/** One of the last tasks of a node, as its agent tells of it. */
export interface RecentTask {
  readonly jobId: string;
  readonly taskId: string;
  /** Of a multi-instance task: which of its instances; 0 is the primary. */
  readonly subtaskId?: number;
  readonly state: "running" | "completed";
  readonly startTime?: string;
  readonly endTime?: string;
  readonly exitCode?: number;
}
