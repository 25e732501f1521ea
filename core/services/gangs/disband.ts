import { fromItem } from "../../domain/items.ts";
import type { Subtask } from "../../domain/subtask.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import type { ToNode } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";

/**
 * The attempt of a multi-instance task is over: tells every node that still has an instance of it. What is not told for some reason is told at the node's next
 * heartbeat. Nothing for other tasks.
 */
export async function disband(ctx: Context, task: Pick<Task, "jobId" | "uid" | "id" | "gang">): Promise<void> {
  await tellGang(ctx, task, ({ gang, instance, attempt, lease, state }) =>
    state === "running" ? [{ kind: "disband", task: taskRef(task), attempt, member: { gang, instance }, lease }] : [],
  );
}

/** Tells each node of the task's last gang what `words` says; nothing where it has nothing to say. */
export async function tellGang(
  ctx: Context,
  task: Pick<Task, "jobId" | "uid" | "id" | "gang">,
  words: (subtask: Subtask) => readonly ToNode[],
): Promise<void> {
  if (task.gang === undefined) return;
  for await (const page of everyPage(ctx, ctx.keys.subtasks(taskRef(task), task.gang), 100)) {
    const told = page.map((item) => fromItem<Subtask>(item)).map((subtask) => ({ to: subtask.node.machineId, messages: words(subtask) }));
    await Promise.all(told.filter(({ messages }) => messages.length > 0).map(({ to, messages }) => ctx.nodes.send(to, messages)));
  }
}
