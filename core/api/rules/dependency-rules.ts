import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { ExitConditions, TaskDependencies } from "../../domain/specs.ts";
import { checkId } from "./ranges.ts";

/** Characters of all ids of a list together. */
const MAX_ID_CHARACTERS = 64_000;
const MAX_RANGES = 1_000;

/** Refuses lists that are too long (TaskDependencyListTooLong, TaskDependencyRangesTooLong), and what can be no id or no range. */
export function checkDependencies(dependsOn: TaskDependencies | undefined): void {
  const { taskIds = [], taskIdRanges = [] } = dependsOn ?? {};
  const characters = taskIds.reduce((sum, id) => sum + id.length, 0);
  if (characters > MAX_ID_CHARACTERS) {
    const Reason = `The ids have ${characters} characters together; at most ${MAX_ID_CHARACTERS} are allowed. Use ranges of integer ids.`;
    throw new Refusal("TaskDependencyListTooLong", { PropertyName: "dependsOn.taskIds", Reason });
  }
  if (taskIdRanges.length > MAX_RANGES) {
    const Reason = `There are ${taskIdRanges.length} ranges; at most ${MAX_RANGES} are allowed. A range may be of any width.`;
    throw new Refusal("TaskDependencyRangesTooLong", { PropertyName: "dependsOn.taskIdRanges", Reason });
  }
  taskIds.forEach((id, index) => {
    checkId(id, `dependsOn.taskIds[${index}]`);
  });
  taskIdRanges.forEach(({ start, end }, index) => {
    const path = `dependsOn.taskIdRanges[${index}]`;
    if (start < 0) throw invalidProperty(`${path}.start`, start, "The value must be 0 or greater.");
    if (end < start) throw invalidProperty(`${path}.end`, end, "The value must not be less than start.");
  });
}

/** Refuses ranges of exit codes that are backwards. */
export function checkExitConditions(conditions: ExitConditions | undefined): void {
  conditions?.exitCodeRanges?.forEach(({ start, end }, index) => {
    if (end < start) throw invalidProperty(`exitConditions.exitCodeRanges[${index}].end`, end, "The value must not be less than start.");
  });
}
