import { fromItem } from "../../domain/items.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskClaim } from "../../domain/task-token.ts";
import type { Context } from "../context.ts";

/** Whether this very attempt runs, of a task that asked for a token. */
export async function isRunningAttempt(ctx: Context, claim: TaskClaim): Promise<boolean> {
  const item = await ctx.store.get(ctx.keys.task(claim));
  const task = item && fromItem<Task>(item);
  return task?.state === "running" && task.attempt === claim.attempt && asksForToken(task);
}

export function asksForToken({ spec }: Task): boolean {
  return spec.authenticationTokenSettings?.access?.includes("job") === true;
}
