/** The shapes of API version 2024-07-01.20.0 as far as core looks into them; what it does not look into is kept as it came. */
export interface EnvironmentSetting {
  readonly name: string;
  readonly value?: string;
}
export interface ResourceFile {
  readonly autoStorageContainerName?: string;
  readonly storageContainerUrl?: string;
  readonly httpUrl?: string;
  readonly blobPrefix?: string;
  readonly filePath?: string;
  readonly fileMode?: string;
}
export interface OutputFile {
  readonly filePattern: string;
  readonly destination: {
    readonly container?: { readonly path?: string; readonly containerUrl: string; readonly uploadHeaders?: readonly NameValue[] };
  };
  readonly uploadOptions: { readonly uploadCondition: "tasksuccess" | "taskfailure" | "taskcompletion" };
}
export interface ContainerSettings {
  readonly imageName: string;
  readonly containerRunOptions?: string;
  readonly workingDirectory?: "taskWorkingDirectory" | "containerImageDefault";
  readonly registry?: ContainerRegistry;
  /** What of the node's directories the container sees; all of them where it is left out. */
  readonly containerHostBatchBindMounts?: readonly { readonly source?: ContainerMount; readonly isReadOnly?: boolean }[];
}
export type ContainerMount = "Shared" | "Startup" | "VfsMounts" | "Task" | "JobPrep" | "Applications";
/** Where images are, and who may have them. */
export interface ContainerRegistry {
  readonly registryServer?: string;
  readonly username?: string;
  readonly password?: string;
}
/** What a pool's nodes have ready for containers. */
export interface ContainerConfiguration {
  readonly containerImageNames?: readonly string[];
  readonly containerRegistries?: readonly ContainerRegistry[];
}
export interface UserIdentity {
  readonly username?: string;
  readonly autoUser?: { readonly scope?: "task" | "pool"; readonly elevationLevel?: "nonadmin" | "admin" };
}
export interface NameValue {
  readonly name: string;
  readonly value?: string;
}
export interface FailureInfo {
  readonly category: "usererror" | "servererror";
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly NameValue[];
}
export interface StartTask {
  readonly commandLine: string;
  readonly containerSettings?: ContainerSettings;
  readonly resourceFiles?: readonly ResourceFile[];
  readonly environmentSettings?: readonly EnvironmentSetting[];
  readonly userIdentity?: UserIdentity;
  readonly maxTaskRetryCount: number;
  readonly waitForSuccess: boolean;
}
/** A task that runs on several nodes at a time. */
export interface MultiInstanceSettings {
  readonly numberOfInstances: number;
  /** Runs on every node, before the task's own command line runs on the first; older versions may leave it out. */
  readonly coordinationCommandLine?: string;
  readonly commonResourceFiles?: readonly ResourceFile[];
}
export interface TaskConstraints {
  readonly maxWallClockTime?: string;
  readonly retentionTime?: string;
  readonly maxTaskRetryCount?: number;
}
/** Both ends belong to it. */
export interface TaskIdRange {
  readonly start: number;
  readonly end: number;
}
export interface TaskDependencies {
  readonly taskIds?: readonly string[];
  readonly taskIdRanges?: readonly TaskIdRange[];
}
export interface ExitOptions {
  readonly jobAction?: "none" | "disable" | "terminate";
  readonly dependencyAction?: "satisfy" | "block";
}
export interface ExitConditions {
  readonly exitCodes?: readonly { readonly code: number; readonly exitOptions: ExitOptions }[];
  readonly exitCodeRanges?: readonly { readonly start: number; readonly end: number; readonly exitOptions: ExitOptions }[];
  readonly preProcessingError?: ExitOptions;
  readonly fileUploadError?: ExitOptions;
  readonly default?: ExitOptions;
}
export interface JobConstraints {
  readonly maxWallClockTime?: string;
  readonly maxTaskRetryCount?: number;
}

type Rest = { readonly [name: string]: unknown };

/** What a client gives when it adds a pool, checked and completed with defaults. */
export type PoolSpec = { readonly id: string } & PoolProperties;
export type PoolProperties = {
  readonly vmSize: string;
  readonly resizeTimeout: string;
  readonly targetDedicatedNodes: number;
  readonly targetLowPriorityNodes: number;
  readonly taskSlotsPerNode: number;
  readonly taskSchedulingPolicy: { readonly nodeFillType: "pack" | "spread" };
  readonly startTask?: StartTask;
  readonly metadata?: readonly NameValue[];
} & Rest;

/** A pool by its id, or what the pool that is made for the job alone shall be. */
export interface PoolInfo {
  readonly poolId?: string;
  readonly autoPoolSpecification?: AutoPoolSpecification;
}
export interface AutoPoolSpecification {
  readonly autoPoolIdPrefix?: string;
  readonly poolLifetimeOption: "job" | "jobschedule";
  readonly keepAlive: boolean;
  /** The pool, complete with defaults, but for its id. */
  readonly pool: PoolProperties;
}

/** What every node does for a job before the job's first task starts there. */
export interface JobPreparationTask extends JobTask {
  readonly constraints: TaskConstraints;
  readonly waitForSuccess: boolean;
  readonly rerunOnNodeRebootAfterSuccess: boolean;
}
/** What every node that was prepared for a job does when the job is over. */
export interface JobReleaseTask extends JobTask {
  readonly maxWallClockTime: string;
  readonly retentionTime: string;
}
interface JobTask {
  readonly id: string;
  readonly commandLine: string;
  readonly resourceFiles?: readonly ResourceFile[];
  readonly environmentSettings?: readonly EnvironmentSetting[];
  readonly userIdentity?: UserIdentity;
  readonly containerSettings?: ContainerSettings;
}

/** What a job manager has of a task's properties, and of its own. */
export type JobManagerTask = {
  readonly killJobOnCompletion: boolean;
  readonly runExclusive: boolean;
  readonly allowLowPriorityNode: boolean;
} & TaskSpec;

export type JobSpec = { readonly id: string } & JobProperties;
export type JobProperties = {
  readonly priority: number;
  readonly poolInfo: PoolInfo;
  readonly constraints: JobConstraints;
  readonly commonEnvironmentSettings?: readonly EnvironmentSetting[];
  readonly onAllTasksComplete: "noaction" | "terminatejob";
  readonly onTaskFailure: "noaction" | "performexitoptionsjobaction";
  readonly usesTaskDependencies?: boolean;
  /** At most so many of its tasks run at a time; -1 for no limit. */
  readonly maxParallelTasks?: number;
  readonly jobManagerTask?: JobManagerTask;
  readonly jobPreparationTask?: JobPreparationTask;
  readonly jobReleaseTask?: JobReleaseTask;
  readonly metadata?: readonly NameValue[];
} & Rest;

export type TaskSpec = {
  readonly id: string;
  readonly commandLine: string;
  readonly resourceFiles?: readonly ResourceFile[];
  readonly outputFiles?: readonly OutputFile[];
  readonly environmentSettings?: readonly EnvironmentSetting[];
  readonly constraints?: TaskConstraints;
  readonly requiredSlots: number;
  readonly affinityInfo?: { readonly affinityId: string };
  readonly userIdentity?: UserIdentity;
  readonly dependsOn?: TaskDependencies;
  readonly exitConditions?: ExitConditions;
  readonly containerSettings?: ContainerSettings;
  readonly multiInstanceSettings?: MultiInstanceSettings;
  readonly authenticationTokenSettings?: { readonly access?: readonly "job"[] };
} & Rest;
