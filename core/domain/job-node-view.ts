import type { JobNode, ToldCommand } from "./job-node.ts";
import { hasFailed } from "./job-node.ts";
import { present } from "./present.ts";
import { taskPath } from "./work-directory.ts";

/** What a job's preparation and release did on one node, as the newest version of the API tells it. */
export function jobNodeView(found: JobNode, accountUrl: string): Record<string, unknown> {
  const { poolId, nodeId, preparation, release } = found;
  const nodeUrl = `${accountUrl}/pools/${poolId}/nodes/${nodeId}`;
  return present({
    poolId,
    nodeId,
    nodeUrl,
    jobPreparationTaskExecutionInfo: preparation && executionView(found, preparation, nodeUrl),
    jobReleaseTaskExecutionInfo: release && executionView(found, release, nodeUrl),
  });
}

/** Of a release, versions of the API leave the retries out: it has none. */
function executionView(found: JobNode, { id, report }: ToldCommand, nodeUrl: string): Record<string, unknown> {
  const { state, startTime, endTime, exitCode, failure, retryCount, lastRetryTime } = report;
  const taskRootDirectory = taskPath({ jobId: found.jobId, taskId: id });
  return present({
    state,
    startTime,
    endTime,
    taskRootDirectory,
    taskRootDirectoryUrl: `${nodeUrl}/files/${taskRootDirectory}`,
    exitCode,
    failureInfo: failure,
    retryCount,
    lastRetryTime,
    result: state === "completed" ? (hasFailed(report) ? "failure" : "success") : undefined,
  });
}
