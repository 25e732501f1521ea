import { present } from "./present.ts";
import type { Schedule } from "./schedule.ts";

/** A job schedule as the newest API version shows it: no odata names. */
export function scheduleView(schedule: Schedule, accountUrl: string): Record<string, unknown> {
  const { recentJob } = schedule;
  return present({
    ...schedule.spec,
    url: `${accountUrl}/jobschedules/${schedule.id}`,
    eTag: schedule.etag,
    lastModified: schedule.lastModified,
    creationTime: schedule.creationTime,
    state: schedule.state,
    stateTransitionTime: schedule.stateTransitionTime,
    previousState: schedule.previousState,
    previousStateTransitionTime: schedule.previousStateTransitionTime,
    executionInfo: present({
      nextRunTime: nextRunTime(schedule),
      recentJob: recentJob && { id: recentJob.jobId, url: `${accountUrl}/jobs/${recentJob.jobId}` },
      endTime: schedule.endTime,
    }),
  });
}

/** None where the next job would come too late, or no other job will. */
function nextRunTime({ next, state, spec }: Schedule): string | undefined {
  const { doNotRunAfter } = spec.schedule;
  if (next === undefined || (state !== "active" && state !== "disabled")) return undefined;
  if (doNotRunAfter !== undefined && next > Date.parse(doNotRunAfter)) return undefined;
  return new Date(next).toISOString();
}
