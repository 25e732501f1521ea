import { fromItem } from "../../domain/items.ts";
import type { LeasedTask } from "../../domain/ready.ts";
import type { Member } from "../../domain/subtask.ts";
import type { Task } from "../../domain/task.ts";
import { slices } from "../batches.ts";
import type { Context } from "../context.ts";

/** Of the tasks in leases, those that still run, at the very attempt that was leased; once each, however many nodes were given an instance. */
export async function readTasks(ctx: Context, leased: readonly LeasedTask[]): Promise<Task[]> {
  const tasks: Task[] = [];
  const each = [...new Map(leased.map((task) => [`${task.uid}/${task.taskId.toLowerCase()}/${task.attempt}`, task])).values()];
  for (const some of slices(each, 100)) {
    const items = await ctx.store.getMany(some.map((task) => ctx.keys.task(task)));
    for (const [index, item] of items.entries()) {
      const task = item && fromItem<Task>(item);
      if (task && task.state !== "completed" && task.state !== "active" && task.attempt === some[index]?.attempt) tasks.push(task);
    }
  }
  return tasks;
}

/** Of what leases gave to a node, the tasks that it holds: also those of whose instances it holds one that is not the primary. */
export async function readHeld(ctx: Context, nodeId: string, leased: readonly LeasedTask[]): Promise<{ task: Task; member?: Member }[]> {
  const tasks = await readTasks(ctx, leased);
  const members = new Map(leased.flatMap(({ member }) => (member ? [[member.gang, member]] : [])));
  return tasks.flatMap((task) => {
    const member = task.gang === undefined ? undefined : members.get(task.gang);
    if (member) return [{ task, member }];
    return task.gang === undefined && task.node?.nodeId === nodeId ? [{ task }] : [];
  });
}
