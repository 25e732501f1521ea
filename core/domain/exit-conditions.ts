/** What follows from the way in which a task ended, for its job and for those that depend on it. Pure. */
import type { ExitConditions, ExitOptions, FailureInfo } from "./specs.ts";
import type { Task } from "./task.ts";

const OVERDUE = { name: "Constraint", value: "maxWallClockTime" };

/** The detail of a failure by which the end by the wall clock is told from the end by a user: both have the code TaskEnded. */
export const overdueDetail = OVERDUE;

export function isOverdue(failure: FailureInfo | undefined): boolean {
  return (
    failure?.code === "TaskEnded" && failure.details?.some(({ name, value }) => name === OVERDUE.name && value === OVERDUE.value) === true
  );
}

export function isUploadFailure(failure: FailureInfo | undefined): boolean {
  return failure?.code.startsWith("FileUpload") === true;
}

/**
 * What a completed task's exit conditions say. A code beats a range, of several ranges the first counts, and `default` never covers exit code 0.
 * Without a word of their own, exit code 0 satisfies and asks nothing of the job, everything else blocks and ends the job (where that wants to hear of it).
 * The end by a user's request has no conditions.
 */
export function exitOptions(task: Pick<Task, "spec" | "exitCode" | "failure" | "result">): Required<ExitOptions> {
  if (task.failure?.code === "TaskEnded" && !isOverdue(task.failure)) return { jobAction: "none", dependencyAction: "block" };
  const given = task.spec.exitConditions && conditionOf(task.spec.exitConditions, task);
  const usual =
    task.result === "success"
      ? ({ jobAction: "none", dependencyAction: "satisfy" } as const)
      : ({ jobAction: "terminate", dependencyAction: "block" } as const);
  return { ...usual, ...given };
}

/** Every set of options that conditions give, with the path of the property that gives it. */
export function givenOptions(conditions: ExitConditions | undefined): { readonly path: string; readonly options: ExitOptions }[] {
  if (!conditions) return [];
  const { exitCodes = [], exitCodeRanges = [], preProcessingError, fileUploadError, default: other } = conditions;
  const named = { preProcessingError, fileUploadError, default: other };
  return [
    ...exitCodes.map(({ exitOptions }, index) => ({ path: `exitConditions.exitCodes[${index}].exitOptions`, options: exitOptions })),
    ...exitCodeRanges.map(({ exitOptions }, index) => ({
      path: `exitConditions.exitCodeRanges[${index}].exitOptions`,
      options: exitOptions,
    })),
    ...Object.entries(named).flatMap(([name, options]) => (options ? [{ path: `exitConditions.${name}`, options }] : [])),
  ];
}

/** Whether a task is over in a way that those which depend on it wait for. */
export function satisfiesDependants(task: Task): boolean {
  return task.state === "completed" && exitOptions(task).dependencyAction === "satisfy";
}

function conditionOf(conditions: ExitConditions, { exitCode, failure }: Pick<Task, "exitCode" | "failure">): ExitOptions | undefined {
  if (isUploadFailure(failure)) return conditions.fileUploadError ?? conditions.default;
  if (exitCode === undefined) return conditions.preProcessingError ?? conditions.default;
  const ofCode = conditions.exitCodes?.find(({ code }) => code === exitCode);
  const ofRange = conditions.exitCodeRanges?.find(({ start, end }) => start <= exitCode && exitCode <= end);
  const specific = ofCode ?? ofRange;
  if (specific) return specific.exitOptions;
  return exitCode === 0 ? undefined : conditions.default;
}
