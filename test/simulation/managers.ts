/** Jobs with managers: how users ask for them, and what must hold of them. */
import type { JobManagerTask } from "../../core/domain/specs.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Snapshot } from "./priorities.ts";
import type { Random } from "./random.ts";
import { Violation } from "./violation.ts";

export const MANAGER = "manager";

/** Names a task in what is watched. The uid of a job is not known yet when its manager's command is written. */
export function watchedName(task: Pick<Task, "jobId" | "uid" | "id" | "manager">): string {
  return task.manager ? `manager of ${task.jobId}` : `${task.uid}/${task.id}`;
}

/** Every fifth job has one. */
export function drawManager(random: Random, jobId: string, longest: number): { jobManagerTask?: JobManagerTask } {
  if (!random.chance(0.2)) return {};
  const runExclusive = random.chance(0.5);
  const program = {
    task: `manager of ${jobId}`,
    slots: 1,
    exclusive: runExclusive,
    milliseconds: Math.round(random.logarithmic(5, longest)),
    exitCodes: random.chance(0.7) ? [0] : random.pick([[1, 0], [1]]),
  };
  return {
    jobManagerTask: {
      id: MANAGER,
      commandLine: `'${JSON.stringify(program)}'`,
      requiredSlots: 1,
      constraints: { maxTaskRetryCount: random.int(0, 2) },
      killJobOnCompletion: random.chance(0.5),
      runExclusive,
      allowLowPriorityNode: random.chance(0.7),
    },
  };
}

/** In a pass that ran to its end, no task of a job was handed out while its manager was left waiting. */
export function checkManagersFirst(before: Snapshot, after: Snapshot): void {
  for (const [uid, manager] of before.managers) {
    const still = after.managers.get(uid);
    if (still?.attempt !== manager.attempt) continue;
    for (const [name, task] of after.tasks) {
      if (task.uid === uid && task.state === "running" && before.tasks.get(name)?.state === "active")
        throw new Violation("managers first", `${name} was handed out, and the manager of ${manager.jobId} waits`);
    }
  }
}
