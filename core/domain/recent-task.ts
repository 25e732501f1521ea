/** One of the last tasks of a node, as its agent tells of it. */
export interface RecentTask {
  readonly jobId: string;
  readonly taskId: string;
  readonly state: "running" | "completed";
  readonly startTime?: string;
  readonly endTime?: string;
  readonly exitCode?: number;
}
