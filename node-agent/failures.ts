import { overdueDetail } from "../core/domain/exit-conditions.ts";
import type { FailureInfo, NameValue } from "../core/domain/specs.ts";
import { codeOf, messageOf } from "./log.ts";

/** Why a task could not run or did not succeed, in the words of the API. */
export class TaskFailure extends Error {
  constructor(readonly info: FailureInfo) {
    super(info.message);
    this.name = "TaskFailure";
  }
}

export function userError(code: string, message: string, details?: readonly NameValue[]): FailureInfo {
  return { category: "usererror", code, message, details: details ?? [{ name: "Message", value: message }] };
}
export function serverError(code: string, message: string, details?: readonly NameValue[]): FailureInfo {
  return { category: "servererror", code, message, details: details ?? [{ name: "Message", value: message }] };
}

export function exitCodeFailure(exitCode: number): FailureInfo {
  const signal = exitCode > 128 && exitCode < 160 ? `, as after signal ${exitCode - 128}` : "";
  return userError("FailureExitCode", "The command exited with a code other than 0.", [
    { name: "Message", value: `The command exited with code ${exitCode}${signal}. Its stdout.txt and stderr.txt may say why.` },
  ]);
}
export const endedByUser = (): FailureInfo => userError("TaskEnded", "The task was ended by a request.");
export function endedByWallClock(limitMs: number): FailureInfo {
  const message = `The task was ended because it ran for longer than its maxWallClockTime of ${limitMs / 1000} seconds.`;
  return userError("TaskEnded", message, [{ name: "Message", value: message }, overdueDetail]);
}
export function endedByAge(): FailureInfo {
  const message = "The task was ended because 180 days have passed since it was added: no task lives longer. Add it anew.";
  return userError("TaskEnded", message, [{ name: "Message", value: message }, overdueDetail]);
}
export const engineFailed = (image: string): FailureInfo =>
  userError(
    "ContainerLaunchFailed",
    `The container of the image "${image}" could not be started. The task's stderr.txt has the engine's own words.`,
  );
export const imageNotFetched = (image: string): FailureInfo =>
  userError(
    "ContainerImageNotFetched",
    `The image "${image}" could not be fetched from its registry. The task's stderr.txt has the engine's own words.`,
  );
export const programNotFound = (program: string): FailureInfo =>
  userError("CommandProgramNotFound", `The program "${program}" was not found on the node. Check the command line and PATH.`);
export const launchFailed = (why: string): FailureInfo => userError("CommandLaunchFailed", `The command could not be started: ${why}`);

const diskFull = (): FailureInfo =>
  serverError("DiskFull", "The node's disk is full. Remove files of earlier tasks, or use a larger disk.");

export function isDiskFull(code: string | undefined): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

/** What an error means that came up while a task was being prepared. */
export function preparationFailure(error: unknown): FailureInfo {
  if (error instanceof TaskFailure) return error.info;
  if (isDiskFull(codeOf(error))) return diskFull();
  return serverError("Unknown", `The task could not be prepared: ${messageOf(error)}`);
}

/** What an error means that the launcher met. */
export function startFailure(code: string, message: string, program: string): FailureInfo {
  if (isDiskFull(code)) return diskFull();
  return code === "ENOENT" ? programNotFound(program) : launchFailed(message);
}
