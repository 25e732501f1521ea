import { touch } from "../../domain/etag.ts";
import { checkPreconditions, type Preconditions } from "../../domain/preconditions.ts";
import { same } from "../../domain/same.ts";
import { dueAfterChange, type Schedule, type ScheduleChanges, type ScheduleSpec } from "../../domain/schedule.ts";
import type { JobProperties } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { refuseOver, sharedPool } from "./add-schedule.ts";
import { changeAndLook } from "./change-and-look.ts";
import { refuseEnded } from "./end-schedule.ts";

/** Changes what is named, for the jobs that are still to come. Refuses a schedule that is ending or has ended, and InvalidPropertyValue for one whose time is over. */
export function updateSchedule(ctx: Context, scheduleId: string, changes: ScheduleChanges, pre?: Preconditions): Promise<Schedule> {
  const now = ctx.clock.now();
  return changeAndLook(ctx, scheduleId, (schedule) => {
    checkPreconditions(schedule, pre, false);
    refuseEnded(schedule);
    const recurrence = changes.schedule ?? schedule.spec.schedule;
    if (!same(recurrence, schedule.spec.schedule)) refuseOver(recurrence, now);
    const spec = changed(schedule.spec, changes);
    return {
      ...touch(schedule, now),
      spec,
      next: dueAfterChange(schedule, recurrence, now),
      ...poolChange(ctx, schedule, spec.jobSpecification),
    };
  });
}

function changed(spec: ScheduleSpec, { metadata, ...changes }: ScheduleChanges): ScheduleSpec {
  if (metadata === undefined) return { ...spec, ...changes };
  const { metadata: _before, ...rest } = { ...spec, ...changes };
  return metadata === null ? rest : { ...rest, metadata };
}

/** Another specification of the shared pool means another pool: the old one goes when the job that may be on it has ended. */
function poolChange(
  ctx: Context,
  schedule: Schedule,
  wanted: JobProperties,
): { [P in "autoPoolId" | "formerPools"]?: Schedule[P] | undefined } {
  const { autoPoolSpecification: before } = schedule.spec.jobSpecification.poolInfo;
  const { autoPoolSpecification: after } = wanted.poolInfo;
  if (same({ ...before, keepAlive: true }, { ...after, keepAlive: true })) return {};
  const { autoPoolId } = schedule;
  return {
    autoPoolId: undefined,
    ...sharedPool(ctx, wanted),
    ...(autoPoolId === undefined ? {} : { formerPools: [...(schedule.formerPools ?? []), autoPoolId] }),
  };
}
