import { durationMs } from "../../domain/duration.ts";
import { Refusal } from "../../domain/errors.ts";
import type { Task } from "../../domain/task.ts";
import { taskPath } from "../../domain/work-directory.ts";
import type { NodeAddress } from "../../ports/files.ts";
import type { Context } from "../context.ts";
import { getTask } from "./read-tasks.ts";

/**
 * Where a task's files are, or were last. Refuses TaskFilesUnavailable where it has not run, or its node is gone and nothing was kept; TaskFilesCleanedup
 * where the time is over for which they were to be kept.
 */
export async function taskDirectory(ctx: Context, jobId: string, taskId: string): Promise<{ node: NodeAddress; path: string }> {
  const task = await getTask(ctx, jobId, taskId);
  if (!task.node) throw new Refusal("TaskFilesUnavailable");
  if (retentionIsOver(task, ctx.clock.now())) throw new Refusal("TaskFilesCleanedup");
  const { poolId, nodeId, machineId } = task.node;
  const found = { node: { machineId }, path: taskPath({ jobId: task.jobId, taskId: task.id }) };
  if (await ctx.store.get(ctx.keys.node(poolId, nodeId))) return found;
  if (!(await ctx.nodeFiles.stat(found.node, found.path))) throw new Refusal("TaskFilesUnavailable");
  return found;
}

function retentionIsOver(task: Task, now: number): boolean {
  if (task.state !== "completed" || task.endTime === undefined) return false;
  return Date.parse(task.endTime) + durationMs(task.spec.constraints?.retentionTime) < now;
}
