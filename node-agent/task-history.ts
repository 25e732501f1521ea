import type { RecentTask } from "../core/domain/recent-task.ts";
import type { NodeTotals, TaskEnd, TaskOrder } from "../core/protocol/messages.ts";
import { attemptKey } from "./leases.ts";

const MOST_RECENT = 10;

/** What a node tells of the tasks that it runs and ran: how many, and the last of them. */
export class TaskHistory {
  private run = 0;
  private succeeded = 0;
  private running = 0;
  /** The oldest first. */
  private readonly recent = new Map<string, RecentTask>();
  /** Grows with every change. */
  version = 0;

  /** Counts on from what is known of an earlier start of the agent. */
  continueFrom({ run, succeeded }: NodeTotals): void {
    this.run += run;
    this.succeeded += succeeded;
  }

  started(order: TaskOrder, startTime: string): void {
    this.running++;
    this.note(order, { state: "running", startTime });
  }

  /** `end`: absent where the task goes on elsewhere, which counts for nothing here. */
  ended(order: TaskOrder, end: TaskEnd | undefined): void {
    this.running--;
    if (end === undefined) {
      this.recent.delete(attemptKey(order));
      this.version++;
      return;
    }
    this.run++;
    if (end.exitCode === 0 && end.failure === undefined) this.succeeded++;
    const { startTime, endTime, exitCode } = end;
    this.note(order, { state: "completed", startTime, endTime, ...(exitCode !== undefined && { exitCode }) });
  }

  facts(): NodeTotals & { readonly running: number; readonly recent: readonly RecentTask[] } {
    return { run: this.run, succeeded: this.succeeded, running: this.running, recent: [...this.recent.values()].toReversed() };
  }

  private note(order: TaskOrder, about: Omit<RecentTask, "jobId" | "taskId" | "subtaskId">): void {
    const key = attemptKey(order);
    this.recent.delete(key);
    this.recent.set(key, {
      jobId: order.task.jobId,
      taskId: order.task.taskId,
      ...(order.multi && { subtaskId: order.multi.instance }),
      ...about,
    });
    this.version++;
    if (this.recent.size <= MOST_RECENT) return;
    for (const oldest of this.recent.keys()) {
      this.recent.delete(oldest);
      return;
    }
  }
}
