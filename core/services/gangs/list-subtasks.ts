import { fromItem } from "../../domain/items.ts";
import type { Subtask } from "../../domain/subtask.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { Context } from "../context.ts";
import { allItems } from "../listing.ts";
import { getTask } from "../tasks/read-tasks.ts";

/** The instances of a task's last attempt but the primary, which is the task itself, in their order; none of a task with one node. Refuses TaskNotFound. */
export async function listSubtasks(ctx: Context, jobId: string, taskId: string): Promise<{ task: Task; subtasks: Subtask[] }> {
  const task = await getTask(ctx, jobId, taskId);
  if (task.gang === undefined) return { task, subtasks: [] };
  const items = await allItems(ctx, ctx.keys.subtasks(taskRef(task), task.gang));
  return { task, subtasks: items.map((item) => fromItem<Subtask>(item)).filter(({ instance }) => instance > 0) };
}
