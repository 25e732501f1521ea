/**
 * Every refusal of the service, by Azure's code. Services throw {@link Refusal}; only `api/errors.ts` knows how it looks on the wire.
 */
const catalog = {
  InvalidPropertyValue: [400, "The value provided for one of the properties in the request body is invalid."],
  MissingRequiredProperty: [400, "A required property was not specified in the request body."],
  InvalidQueryParameterValue: [400, "The value of one of the query parameters is not valid."],
  InvalidRequestBody: [400, "The request body could not be read."],
  InvalidAuthenticationInfo: [400, "The Authorization header is missing or not in the correct form."],
  UnsupportedRequestVersion: [400, "The api-version is missing or is not one that this service speaks."],
  UnsupportedQueryParameter: [400, "A query parameter is not supported by this operation."],
  UnsupportedHeader: [400, "A header is not supported by this operation."],
  InvalidHeaderValue: [400, "The value of one of the headers is not valid."],
  InvalidUri: [400, "The requested URI does not name a resource of this service."],
  OutOfRangeQueryParameterValue: [400, "A query parameter is outside its range."],
  MultipleConditionHeadersNotSupported: [400, "The combination of condition headers is not supported."],
  TaskDependenciesNotSpecifiedOnJob: [400, "The task has dependencies, but its job does not use task dependencies."],
  TaskDependencyListTooLong: [400, "The list of task dependencies is too long."],
  TaskDependencyRangesTooLong: [400, "The list of task dependency ranges is too long."],
  PoolVersionEqualsUpgradeVersion: [400, "The pool has this version of the operating system, or is being upgraded to it."],
  PoolNotEligibleForOSVersionUpgrade: [400, "The operating system of this pool's nodes cannot be upgraded."],
  AuthenticationFailed: [403, "The request could not be authenticated. Check the account name, the key and the signature."],
  ResourceNotFound: [404, "There is no such resource."],
  PoolNotFound: [404, "There is no such pool."],
  JobNotFound: [404, "There is no such job."],
  TaskNotFound: [404, "There is no such task."],
  NodeNotFound: [404, "There is no such node."],
  FileNotFound: [404, "There is no such file."],
  JobScheduleNotFound: [404, "There is no such job schedule."],
  UnsupportedHttpVerb: [405, "The resource does not support this verb."],
  PoolExists: [409, "A pool with this id exists."],
  JobExists: [409, "A job with this id exists."],
  JobWithSameIdExists: [409, "A job with this id exists; jobs and job schedules share their ids."],
  JobScheduleExists: [409, "A job schedule with this id exists."],
  JobScheduleWithSameIdExists: [409, "A job schedule with this id exists; jobs and job schedules share their ids."],
  JobScheduleBeingDeleted: [409, "The job schedule is being deleted."],
  JobScheduleBeingTerminated: [409, "The job schedule is being terminated."],
  JobScheduleCompleted: [409, "The job schedule is completed."],
  TaskExists: [409, "A task with this id exists in the job."],
  PoolBeingCreated: [409, "The pool is being created."],
  PoolBeingResized: [409, "The pool is being resized."],
  PoolBeingDeleted: [409, "The pool is being deleted."],
  JobBeingDeleted: [409, "The job is being deleted."],
  JobBeingTerminated: [409, "The job is being terminated."],
  JobCompleted: [409, "The job is completed."],
  JobDisabled: [409, "The job is disabled."],
  JobNotActive: [409, "The job is not active."],
  JobNotDisabled: [409, "The job must be disabled for this."],
  JobPreparationTaskNotSpecified: [409, "The job has no job preparation task."],
  TaskIdSameAsJobPreparationTask: [409, "The task has the id of its job's preparation task. Give it another."],
  TaskIdSameAsJobReleaseTask: [409, "The task has the id of its job's release task. Give it another."],
  TaskCompleted: [409, "The task is completed."],
  TaskNotCompleted: [409, "The task is not completed."],
  TaskSucceeded: [409, "The task succeeded; only a task that failed can be reactivated."],
  TaskFilesUnavailable: [409, "The task has no files: it has not run, or its node is gone."],
  TaskFilesCleanedup: [409, "The task's files were removed."],
  OperationInvalidForCurrentState: [409, "The operation is not valid in the resource's current state."],
  OperationNotValidOnNode: [409, "The operation is not valid for this path on the node."],
  NodeBeingCreated: [409, "The node is being created."],
  NodeBeingStarted: [409, "The node is being started."],
  NodeBeingRebooted: [409, "The node is being rebooted."],
  NodeBeingReimaged: [409, "The node is being reimaged."],
  NodeAlreadyInTargetSchedulingState: [409, "The node's scheduling is so already."],
  UpgradePoolVersionConflict: [409, "The pool is being upgraded to another version. Wait until that is done."],
  NodeStateUnusable: [409, "The node is unusable."],
  PoolQuotaReached: [409, "The account has reached its quota of pools."],
  ActiveJobAndScheduleQuotaReached: [409, "The account has reached its quota of active jobs and job schedules."],
  MissingContentLengthHeader: [411, "The Content-Length header is missing."],
  ConditionNotMet: [412, "A condition given in the headers is not met."],
  NotModified: [304, "Not modified."],
  RequestBodyTooLarge: [413, "The request body is too large."],
  InvalidRange: [416, "The range is not valid for the file's size."],
  InternalError: [500, "The service met an unexpected error. The request may or may not have taken effect."],
  NotImplemented: [501, "The service does not do this yet."],
  ServerBusy: [503, "The service cannot take the request now. Try again."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorCode = keyof typeof catalog;

/** `values` of the wire error, in order. */
export type ErrorDetails = Readonly<Record<string, string>>;

export class Refusal extends Error {
  readonly status: number;
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    message: string = catalog[code][1],
  ) {
    super(message);
    this.name = "Refusal";
    this.status = catalog[code][0];
  }
}

/** A property of the body that cannot be: `path` as in `constraints.maxTaskRetryCount`. */
export function invalidProperty(path: string, value: unknown, reason: string): Refusal {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return new Refusal("InvalidPropertyValue", { PropertyName: path, PropertyValue: (shown ?? "").slice(0, 256), Reason: reason });
}
