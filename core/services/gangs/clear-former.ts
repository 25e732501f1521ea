/**
 * Two attempts of a multi-instance task never run at a time: the next begins when nothing runs of any before it. Each instance's item says whether it may still
 * run; those that have ended are taken away as they are found, so what is looked at grows less each time.
 */
import { fromItem } from "../../domain/items.ts";
import type { TaskRef } from "../../domain/refs.ts";
import type { Subtask } from "../../domain/subtask.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";

/** Takes away what is left of former attempts of a task that waits; false where some of it may still run. */
export async function clearFormer(ctx: Context, task: TaskRef): Promise<boolean> {
  for await (const page of everyPage(ctx, ctx.keys.subtasks(task), 100)) {
    const runs = page.filter((item) => fromItem<Subtask>(item).state === "running");
    const over = page.filter((item) => !runs.includes(item));
    await writeAll(
      ctx,
      over.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
    if (runs.length > 0) return false;
  }
  return true;
}

/** Takes away all of them, whether they run or not: the task is gone. */
export async function dropSubtasks(ctx: Context, task: TaskRef): Promise<void> {
  for await (const page of everyPage(ctx, ctx.keys.subtasks(task), 100)) {
    await writeAll(
      ctx,
      page.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
  }
}
