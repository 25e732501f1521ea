import type { JobCommandReport } from "../protocol/messages.ts";
import type { JobRef } from "./refs.ts";

/** What became of a job's preparation, and of its release, on one node: what the node last said of each. */
export interface JobNode extends JobRef {
  readonly poolId: string;
  readonly nodeId: string;
  readonly rev: number;
  readonly preparation?: ToldCommand;
  readonly release?: ToldCommand;
}

export interface ToldCommand {
  readonly id: string;
  readonly report: JobCommandReport;
  /** In which report of which start of the agent it was told: what was told earlier and comes later counts for nothing. */
  readonly boot: number;
  readonly seq: number;
}

/** A node that a job may have been prepared on, and that has not said yet that it released it. */
export interface NodeToRelease extends JobRef {
  readonly poolId: string;
  readonly nodeId: string;
  readonly machineId: string;
}

export function hasFailed({ state, failure, exitCode }: JobCommandReport): boolean {
  return state === "completed" && (failure !== undefined || (exitCode ?? 0) !== 0);
}

/** Whether `told` comes after what is known. */
export function isNews(told: ToldCommand, known: ToldCommand | undefined): boolean {
  if (!known) return true;
  return told.boot > known.boot || (told.boot === known.boot && told.seq >= known.seq);
}
