import type { JobRef } from "../domain/refs.ts";
import type { ContainerSettings, EnvironmentSetting, ResourceFile, UserIdentity } from "../domain/specs.ts";

/** A command that a job runs on its nodes beside its tasks, with everything resolved that the node needs. `id` is not the id of any of its tasks. */
export interface JobCommand {
  readonly id: string;
  readonly commandLine: string;
  /** The job's common settings, overlaid by the command's own. */
  readonly environment?: readonly EnvironmentSetting[];
  readonly resourceFiles?: readonly ResourceFile[];
  readonly container?: ContainerSettings;
  readonly userIdentity?: UserIdentity;
  readonly maxWallClockMs?: number;
  readonly retentionMs?: number;
}

/** What a job has done on a node before its first task starts there. */
export interface PreparationOrder extends JobCommand {
  readonly job: JobRef;
  /** Its tasks start only after it has ended well; else beside it. */
  readonly waitForSuccess: boolean;
  /** After a reboot it is done again, though it had ended well. */
  readonly rerunAfterReboot: boolean;
  /** -1 for no limit. */
  readonly maxTaskRetryCount: number;
}

/** The job is over: what prepares it is ended, and the command, where there is one, runs if the job was prepared here. */
export interface ReleaseOrder {
  readonly kind: "release";
  readonly job: JobRef;
  readonly release?: JobCommand;
}
