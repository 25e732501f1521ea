import { fromItem } from "../../domain/items.ts";
import type { LeasedTask } from "../../domain/ready.ts";
import type { Task } from "../../domain/task.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";

/** Of the tasks in leases, those that still run, at the very attempt that was leased. */
export async function readTasks(ctx: Context, leased: readonly LeasedTask[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const some of slices(leased, 100)) {
    const items = await ctx.store.getMany(some.map((task) => ctx.keys.task(task)));
    for (const [index, item] of items.entries()) {
      const task = item && fromItem<Task>(item);
      if (task && task.state !== "completed" && task.state !== "active" && task.attempt === some[index]?.attempt) tasks.push(task);
    }
  }
  return tasks;
}
