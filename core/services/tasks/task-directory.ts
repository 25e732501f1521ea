import { Refusal } from "../../domain/errors.ts";
import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { NodeAddress } from "../../ports/files.ts";
import type { Context } from "../context.ts";
import { getTask } from "./read-tasks.ts";

/** Where a task's files are, or were last. Refuses TaskFilesUnavailable where it has not run, or its node is gone. */
export async function taskDirectory(ctx: Context, jobId: string, taskId: string): Promise<{ node: NodeAddress; path: string }> {
  const task = await getTask(ctx, jobId, taskId);
  if (!task.node) throw new Refusal("TaskFilesUnavailable");
  const item = await ctx.store.get(ctx.keys.node(task.node.poolId, task.node.nodeId));
  if (!item) throw new Refusal("TaskFilesUnavailable");
  return { node: { machineId: fromItem<Node>(item).machineId }, path: `workitems/${task.jobId}/job-1/${task.id}` };
}
