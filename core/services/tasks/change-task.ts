import { Refusal } from "../../domain/errors.ts";
import { attributes, fromItem } from "../../domain/items.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskChanges } from "../../domain/task-transitions.ts";
import type { Update } from "../../ports/store.ts";
import type { Context } from "../context.ts";
import { getTask } from "./read-tasks.ts";

const TRIES = 8;

/** The write of a change to a task, on condition that it is still in the state, at the attempt and (where given) with the holder, from which the change was decided; and has none of `absent`. */
export function taskUpdate(
  ctx: Context,
  task: Pick<Task, "jobId" | "uid" | "id" | "state" | "attempt" | "holder">,
  changes: TaskChanges,
  absent?: readonly (keyof Task)[],
): Update {
  return {
    kind: "update",
    key: ctx.keys.task({ jobId: task.jobId, uid: task.uid, taskId: task.id }),
    set: attributes(changes),
    remove: Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [name] : [])),
    when: {
      equals: { state: task.state, attempt: task.attempt, ...(task.holder === undefined ? {} : { holder: task.holder }) },
      ...(absent ? { absent } : {}),
    },
  };
}

/** Reads, decides, writes on condition; decides anew when the task moved on meanwhile. `decide` may answer nothing: then nothing is written. */
export async function changeTask(
  ctx: Context,
  jobId: string,
  taskId: string,
  decide: (task: Task) => TaskChanges | undefined,
): Promise<Task> {
  for (let tries = 0; tries < TRIES; tries++) {
    const task = await getTask(ctx, jobId, taskId);
    const changes = decide(task);
    if (!changes) return task;
    const outcome = await ctx.store.write(taskUpdate(ctx, task, changes));
    if (outcome.ok && outcome.item) return fromItem<Task>(outcome.item);
    if (!outcome.ok && outcome.reason === "missing") throw new Refusal("TaskNotFound");
  }
  throw new Refusal("ServerBusy");
}
