/** No task starts before what it depends on is over, and none that waits for nothing any more is left blocked. */
import { integerOf } from "../../core/domain/dependencies.ts";
import { satisfiesDependants } from "../../core/domain/exit-conditions.ts";
import type { Task } from "../../core/domain/task.ts";
import { Violation } from "./violation.ts";

export class DependencyBook {
  /** Ids, and integer ids as numbers, that were over once in the way that others wait for. */
  private readonly over = new Set<string>();

  /** To be told of every write to a task. */
  wrote(old: Task | undefined, now: Task): void {
    if (satisfiesDependants(now)) {
      this.over.add(`${now.uid}/${now.id.toLowerCase()}`);
      const number = integerOf(now.id);
      if (number !== undefined) this.over.add(`${now.uid}#${number}`);
    }
    if (old?.state !== "active" || now.state !== "running") return;
    const missing = this.firstMissing(now, (id) => this.over.has(`${now.uid}/${id}`));
    if (missing !== undefined) throw new Violation("dependencies", `${now.uid}/${now.id} runs, and ${missing} is not over`);
  }

  /** Whether the task may still be waiting: something that it depends on is not over, or not there. `find`: a task of its job as it is now. */
  mayWait(task: Task, find: (id: string) => Task | undefined): boolean {
    const isOver = (id: string) => {
      const upstream = find(id);
      return upstream !== undefined && satisfiesDependants(upstream);
    };
    return this.firstMissing(task, isOver) !== undefined;
  }

  private firstMissing(task: Task, isOver: (id: string) => boolean): string | undefined {
    const { taskIds = [], taskIdRanges = [] } = task.spec.dependsOn ?? {};
    const id = taskIds.find((one) => !isOver(one.toLowerCase()));
    if (id !== undefined) return id;
    for (const { start, end } of taskIdRanges) {
      for (let number = start; number <= end; number++) if (!this.over.has(`${task.uid}#${number}`)) return String(number);
    }
    return undefined;
  }
}
