import type { JobManagerTask } from "../../domain/specs.ts";
import { taskSpec } from "./task-rules.ts";
import { within } from "./within.ts";

/** A job's manager, checked as a task is, and complete with defaults. Throws as {@link taskSpec}. */
export function managerTask(given: Partial<JobManagerTask>): JobManagerTask {
  const task = within("jobManagerTask", () => taskSpec(given));
  return { killJobOnCompletion: true, runExclusive: true, allowLowPriorityNode: true, ...given, ...task };
}
