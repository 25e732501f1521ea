import type { Filterable, FilterableProperties } from "./filter.ts";

/** What can be filtered on and selected, a resource each: Azure's own lists; selectable are the names of every version. */
const text: Filterable = { type: "string" };
const word: Filterable = { type: "string", equality: true };
const time: Filterable = { type: "time" };
const number: Filterable = { type: "number" };
const flag: Filterable = { type: "boolean", equality: true };

const lifetime = { id: text, state: word, stateTransitionTime: time, creationTime: time, lastModified: time };

export const POOL_FILTER: FilterableProperties = {
  ...lifetime,
  allocationState: word,
  allocationStateTransitionTime: time,
  enableAutoScale: flag,
  enableInterNodeCommunication: flag,
  vmSize: text,
};
export const JOB_FILTER: FilterableProperties = {
  ...lifetime,
  "executionInfo/startTime": time,
  "executionInfo/endTime": time,
  "executionInfo/poolId": text,
};
export const SCHEDULE_FILTER: FilterableProperties = { ...lifetime };
export const TASK_FILTER: FilterableProperties = {
  ...lifetime,
  "executionInfo/startTime": time,
  "executionInfo/endTime": time,
  "executionInfo/exitCode": number,
  "executionInfo/result": word,
};
const command = (path: string): FilterableProperties => ({
  [`${path}/state`]: word,
  [`${path}/result`]: word,
  [`${path}/exitCode`]: number,
  [`${path}/startTime`]: time,
  [`${path}/endTime`]: time,
});
export const JOB_NODE_FILTER: FilterableProperties = {
  poolId: text,
  nodeId: text,
  ...command("jobPreparationTaskExecutionInfo"),
  ...command("jobReleaseTaskExecutionInfo"),
};
export const NODE_FILTER: FilterableProperties = {
  state: word,
  stateTransitionTime: time,
  lastBootTime: time,
  allocationTime: time,
  "startTaskInfo/state": word,
  "startTaskInfo/result": word,
  "startTaskInfo/exitCode": number,
  "startTaskInfo/startTime": time,
  "startTaskInfo/endTime": time,
};
export const IMAGE_FILTER: FilterableProperties = { nodeAgentSKUId: text, osType: word, verificationType: word };
export const SKU_FILTER: FilterableProperties = { id: text, osType: word };
export const NODE_COUNTS_FILTER: FilterableProperties = { poolId: text };
export const USAGE_FILTER: FilterableProperties = { poolId: text };
export const FILE_FILTER: FilterableProperties = { name: text };

const names = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

const COMMON = "id displayName url eTag lastModified creationTime state stateTransitionTime stats";

export const POOL_SELECT = names(
  `${COMMON} allocationState allocationStateTransitionTime vmSize osFamily targetOSVersion currentOSVersion cloudServiceConfiguration
  virtualMachineConfiguration resizeTimeout resizeError resizeErrors currentDedicated targetDedicated currentDedicatedNodes
  currentLowPriorityNodes targetDedicatedNodes targetLowPriorityNodes enableAutoScale autoScaleFormula autoScaleEvaluationInterval
  autoScaleRun enableInterNodeCommunication networkConfiguration startTask certificateReferences applicationPackageReferences
  applicationLicenses maxTasksPerNode taskSlotsPerNode taskSchedulingPolicy userAccounts metadata mountConfiguration identity
  targetNodeCommunicationMode currentNodeCommunicationMode resourceTags upgradePolicy`,
);
export const JOB_SELECT = names(
  `${COMMON} usesTaskDependencies previousState previousStateTransitionTime priority allowTaskPreemption maxParallelTasks constraints
  jobManagerTask jobPreparationTask jobReleaseTask commonEnvironmentSettings poolInfo onAllTasksComplete onTaskFailure
  networkConfiguration metadata executionInfo`,
);
export const SCHEDULE_SELECT = names(
  `${COMMON} previousState previousStateTransitionTime schedule jobSpecification executionInfo metadata`,
);
export const JOB_NODE_SELECT = names("poolId nodeId nodeUrl jobPreparationTaskExecutionInfo jobReleaseTaskExecutionInfo");
export const TASK_SELECT = names(
  `${COMMON} previousState previousStateTransitionTime commandLine containerSettings resourceFiles outputFiles environmentSettings
  affinityInfo constraints requiredSlots runElevated userIdentity executionInfo nodeInfo multiInstanceSettings dependsOn
  exitConditions applicationPackageReferences authenticationTokenSettings`,
);
export const SUBTASK_SELECT = names(
  `id nodeInfo startTime endTime exitCode containerInfo schedulingError failureInfo state stateTransitionTime previousState
  previousStateTransitionTime result`,
);
export const NODE_SELECT = names(
  `id url state schedulingState stateTransitionTime lastBootTime allocationTime ipAddress affinityId vmSize totalTasksRun
  runningTasksCount runningTaskSlotsCount totalTasksSucceeded recentTasks startTask startTaskInfo certificateReferences errors
  isDedicated endpointConfiguration nodeAgentInfo virtualMachineInfo`,
);
