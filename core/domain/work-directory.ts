/**
 * Where a job's tasks are below `workitems` on a node: `render/job-1` for a job of its own, `nightly/job-3` for the third job of the schedule nightly. An id
 * of the latter holds a colon, which not every file system takes in a name.
 */
export function jobDirectory(jobId: string): string {
  return jobId.includes(":") ? jobId.replace(":", "/") : `${jobId}/job-1`;
}

/** A task's directory below its node's root. */
export function taskPath(task: { readonly jobId: string; readonly taskId: string }): string {
  return `workitems/${jobDirectory(task.jobId)}/${task.taskId}`;
}
