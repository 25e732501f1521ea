import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { ToNode, Work } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { tellGang } from "../gangs/disband.ts";

const CONFIRM_AFTER_S = 10;

/**
 * Tells the node of a running task to end it, and comes back to see that it did. `forget` also takes the directory of a task that has ended away. Of a
 * multi-instance task the primary is told, whose end ends the others; to be forgotten, all are told.
 */
export async function stopOnNode(ctx: Context, task: Task, how: "terminate" | "requeue" | "forget"): Promise<void> {
  if (!task.node) return;
  const stop: ToNode = { kind: "stop", task: taskRef(task), attempt: task.attempt, how };
  if (how === "forget" && task.gang !== undefined) return tellGang(ctx, task, () => [stop, { kind: "clean", task: taskRef(task) }]);
  await ctx.nodes.send(task.node.machineId, [stop]);
  if (how !== "forget")
    await ctx.work.send([{ body: { kind: "confirm-stop", task: taskRef(task), attempt: task.attempt }, delaySeconds: CONFIRM_AFTER_S }]);
}

/** Tells the node again where its confirmation has not come. */
export async function confirmStop(ctx: Context, work: Extract<Work, { kind: "confirm-stop" }>): Promise<void> {
  const item = await ctx.store.get(ctx.keys.task(work.task));
  if (item?.state !== "running" || item.attempt !== work.attempt) return;
  const task = item as unknown as Task;
  if (task.stop) await stopOnNode(ctx, task, task.stop);
}
