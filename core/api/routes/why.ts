import type { Hono } from "hono";
import { type Why, whyJob, whyTask } from "../../services/explain/why.ts";
import { type WhySchedule, whySchedule } from "../../services/explain/why-schedule.ts";
import type { ApiContext, ApiEnv } from "../call.ts";
import { standardHeaders } from "../reply.ts";
import { idParam, route } from "./route.ts";

/** Operations of our own, as Azure has none: why a job, or a task, is not running, and why a schedule starts no job. */
export function whyRoutes(app: Hono<ApiEnv>): void {
  route(app, "/shoal/jobs/:jobId/why", {
    GET: async (c) => answer(c, await whyJob(c.get("incoming").ctx, idParam(c, "jobId"))),
  });
  route(app, "/shoal/jobs/:jobId/tasks/:taskId/why", {
    GET: async (c) => answer(c, await whyTask(c.get("incoming").ctx, idParam(c, "jobId"), idParam(c, "taskId"))),
  });
  route(app, "/shoal/jobschedules/:jobScheduleId/why", {
    GET: async (c) => answer(c, await whySchedule(c.get("incoming").ctx, idParam(c, "jobScheduleId"))),
  });
}

function answer(c: ApiContext, why: Why | WhySchedule): Response {
  const headers = { ...standardHeaders(c.get("incoming")), "Content-Type": "application/json" };
  return new Response(JSON.stringify(why), { status: 200, headers });
}
