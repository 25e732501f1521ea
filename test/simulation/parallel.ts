/** A job runs no more tasks at a time than it may. */
import { fromItem } from "../../core/domain/items.ts";
import type { Job } from "../../core/domain/job.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Item } from "../../core/ports/store.ts";
import { Violation } from "./violation.ts";

export class ParallelBook {
  private readonly limits = new Map<string, number>();
  private readonly running = new Map<string, Set<string>>();

  /** `exact`: no handler was cut short so far, so counts are right. */
  constructor(private readonly exact: () => boolean) {}

  /** To be told of every write that took effect. */
  wrote(before: Item | undefined, after: Item | undefined): void {
    const item = after ?? before;
    if (item?.sk.startsWith("job#")) {
      const job = fromItem<Job>(item);
      this.limits.set(job.uid, job.spec.maxParallelTasks ?? -1);
    } else if (item?.pk.startsWith("task#")) this.wroteTask(fromItem<Task>(item), after !== undefined);
  }

  private wroteTask(task: Task, there: boolean): void {
    const running = this.running.get(task.uid) ?? new Set();
    this.running.set(task.uid, running);
    if (!there || task.state !== "running") return void running.delete(task.id);
    running.add(task.id);
    const limit = this.limits.get(task.uid) ?? -1;
    if (limit >= 0 && running.size > limit && this.exact())
      throw new Violation("parallel tasks", `${task.uid} runs ${running.size} tasks, and may run ${limit}`);
  }
}
