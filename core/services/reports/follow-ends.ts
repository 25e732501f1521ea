import { exitOptions, satisfiesDependants } from "../../domain/exit-conditions.ts";
import type { Job } from "../../domain/job.ts";
import type { Task } from "../../domain/task.ts";
import type { Context } from "../context.ts";
import { releaseDependants } from "../dependencies/release-dependants.ts";
import { currentJob } from "../jobs/current-job.ts";
import { disableNow } from "../jobs/disable-job.ts";
import { endJob } from "../jobs/end-job.ts";

/**
 * What follows from the ends of these tasks: their dependants may start, their jobs may be disabled or ended by their exit conditions, or end with their
 * managers. Costs nothing for plain tasks.
 */
export async function followEnds(ctx: Context, completed: readonly Task[]): Promise<void> {
  await releaseDependants(
    ctx,
    completed.filter((task) => task.linked && satisfiesDependants(task)),
  );
  for (const task of completed) if (task.manager?.kills) await endJob(ctx, task, "JMComplete");
  const acting = new Map<string, Task[]>();
  for (const task of completed) {
    if (exitOptions(task).jobAction !== "none") acting.set(task.uid, [...(acting.get(task.uid) ?? []), task]);
  }
  for (const tasks of acting.values()) await actOnJob(ctx, tasks);
}

/** The gravest action that any of them asks for. */
async function actOnJob(ctx: Context, tasks: readonly Task[]): Promise<void> {
  const [first] = tasks;
  const job: Job | undefined = first && (await currentJob(ctx, first));
  if (job?.spec.onTaskFailure !== "performexitoptionsjobaction") return;
  const ref = { jobId: job.id, uid: job.uid };
  if (tasks.some((task) => exitOptions(task).jobAction === "terminate")) return endJob(ctx, ref, "TaskFailed");
  return disableNow(ctx, ref);
}
