import type { Hono } from "hono";
import type { Job } from "../../domain/job.ts";
import { checkPreconditions } from "../../domain/preconditions.ts";
import type { Schedule, ScheduleChanges } from "../../domain/schedule.ts";
import { scheduleView } from "../../domain/schedule-view.ts";
import { jobStatsView } from "../../domain/stats-views.ts";
import { addSchedule } from "../../services/schedules/add-schedule.ts";
import { disableSchedule, enableSchedule } from "../../services/schedules/disable-schedule.ts";
import { deleteSchedule, terminateSchedule } from "../../services/schedules/end-schedule.ts";
import { getSchedule, listJobsOfSchedule, listSchedules } from "../../services/schedules/read-schedules.ts";
import { updateSchedule } from "../../services/schedules/update-schedule.ts";
import { NO_STATS } from "../../services/stats/job-measures.ts";
import { readScheduleStats } from "../../services/stats/read-schedule-stats.ts";
import type { ApiContext, ApiEnv, Call } from "../call.ts";
import { readJson } from "../middleware/body.ts";
import { preconditions } from "../middleware/conditions.ts";
import { type Collection, listPage, oneOf } from "../odata/listing.ts";
import { SCHEDULE_FILTER, SCHEDULE_SELECT } from "../odata/properties.ts";
import { acted, statsUrl } from "../reply.ts";
import { schedulePatch, scheduleSpec, scheduleUpdate } from "../rules/schedule-rules.ts";
import { parseBody } from "../versions/translate.ts";
import { jobs } from "./jobs.ts";
import { idParam, route } from "./route.ts";

export function scheduleRoutes(app: Hono<ApiEnv>): void {
  route(app, "/jobschedules", {
    GET: (c) => listPage(c.get("call"), schedules(c.get("call"))),
    POST: async (c) => {
      const call = c.get("call");
      const spec = scheduleSpec(parseBody("JobScheduleAddParameter", await readJson(c.req.raw), call.version));
      const schedule = await addSchedule(call.ctx, spec);
      return acted(call, 201, url(schedule), schedule);
    },
  });

  route(
    app,
    "/jobschedules/:jobScheduleId",
    {
      GET: async (c) => {
        const call = c.get("call");
        const schedule = await getSchedule(call.ctx, idParam(c, "jobScheduleId"));
        checkPreconditions(schedule, preconditions(c.req.raw.headers), true);
        return oneOf(call, schedules(call), schedule, schedule);
      },
      PATCH: async (c) =>
        update(c, schedulePatch(parseBody("JobSchedulePatchParameter", await readJson(c.req.raw), c.get("call").version))),
      PUT: async (c) =>
        update(c, scheduleUpdate(parseBody("JobScheduleUpdateParameter", await readJson(c.req.raw), c.get("call").version))),
      DELETE: async (c) => {
        const call = c.get("call");
        const scheduleId = idParam(c, "jobScheduleId");
        await deleteSchedule(call.ctx, scheduleId, preconditions(c.req.raw.headers));
        return acted(call, 202, `/jobschedules/${scheduleId}`);
      },
    },
    { head: true },
  );

  route(app, "/jobschedules/:jobScheduleId/disable", {
    POST: async (c) => {
      const call = c.get("call");
      const schedule = await disableSchedule(call.ctx, idParam(c, "jobScheduleId"), preconditions(c.req.raw.headers));
      return acted(call, 204, `${url(schedule)}/disable`, schedule);
    },
  });

  route(app, "/jobschedules/:jobScheduleId/enable", {
    POST: async (c) => {
      const call = c.get("call");
      const schedule = await enableSchedule(call.ctx, idParam(c, "jobScheduleId"), preconditions(c.req.raw.headers));
      return acted(call, 204, `${url(schedule)}/enable`, schedule);
    },
  });

  route(app, "/jobschedules/:jobScheduleId/terminate", {
    POST: async (c) => {
      const call = c.get("call");
      const schedule = await terminateSchedule(call.ctx, idParam(c, "jobScheduleId"), preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(schedule)}/terminate`, schedule);
    },
  });

  route(app, "/jobschedules/:jobScheduleId/jobs", {
    GET: (c) => listPage(c.get("call"), jobsOf(c.get("call"), idParam(c, "jobScheduleId"))),
  });
}

async function update(c: ApiContext, changes: ScheduleChanges): Promise<Response> {
  const call = c.get("call");
  const schedule = await updateSchedule(call.ctx, idParam(c, "jobScheduleId"), changes, preconditions(c.req.raw.headers));
  return acted(call, 200, url(schedule), schedule);
}

function schedules(call: Call): Collection<Schedule> {
  return {
    definition: "CloudJobSchedule",
    set: "jobschedules",
    filterable: SCHEDULE_FILTER,
    selectable: SCHEDULE_SELECT,
    view: (schedule) => scheduleView(schedule, call.origin),
    stats: (schedules) => statsOf(call, schedules),
    read: (page) => listSchedules(call.ctx, page),
    find: { byId: (id) => getSchedule(call.ctx, id), missing: "JobScheduleNotFound" },
  };
}

async function statsOf(call: Call, schedules: readonly Schedule[]): Promise<Record<string, unknown>[]> {
  const stats = await readScheduleStats(call.ctx, schedules);
  const lastUpdateTime = new Date(call.ctx.clock.now()).toISOString();
  return schedules.map((schedule, index) =>
    jobStatsView(stats[index] ?? NO_STATS, { url: statsUrl(call, url(schedule)), startTime: schedule.creationTime, lastUpdateTime }),
  );
}

function jobsOf(call: Call, scheduleId: string): Collection<Job> {
  const { find: _ofAll, ...shown } = jobs(call);
  return { ...shown, read: (page) => listJobsOfSchedule(call.ctx, scheduleId, page) };
}

function url(schedule: Schedule): string {
  return `/jobschedules/${schedule.id}`;
}
