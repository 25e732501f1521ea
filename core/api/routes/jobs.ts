import type { Hono } from "hono";
import type { Job, JobChanges } from "../../domain/job.ts";
import { checkPreconditions } from "../../domain/preconditions.ts";
import { jobStatsView } from "../../domain/stats-views.ts";
import { jobView } from "../../domain/views.ts";
import { addJob } from "../../services/jobs/add-job.ts";
import { disableJob, enableJob } from "../../services/jobs/disable-job.ts";
import { deleteJob, terminateJob } from "../../services/jobs/end-job.ts";
import { getJob, listJobs } from "../../services/jobs/read-jobs.ts";
import { updateJob } from "../../services/jobs/update-job.ts";
import { NO_STATS } from "../../services/stats/job-measures.ts";
import { readJobStats } from "../../services/stats/read-job-stats.ts";
import type { ApiContext, ApiEnv, Call } from "../call.ts";
import { readJson, readOptionalJson } from "../middleware/body.ts";
import { preconditions } from "../middleware/conditions.ts";
import { type Collection, listPage, oneOf } from "../odata/listing.ts";
import { JOB_FILTER, JOB_SELECT } from "../odata/properties.ts";
import { acted, statsUrl } from "../reply.ts";
import { disableRequest, jobPatch, jobSpec, jobUpdate, terminateReason } from "../rules/job-rules.ts";
import { parseBody } from "../versions/translate.ts";
import { idParam, route } from "./route.ts";

export function jobRoutes(app: Hono<ApiEnv>): void {
  route(app, "/jobs", {
    GET: (c) => listPage(c.get("call"), jobs(c.get("call"))),
    POST: async (c) => {
      const call = c.get("call");
      const job = await addJob(call.ctx, jobSpec(parseBody("JobAddParameter", await readJson(c.req.raw), call.version)));
      return acted(call, 201, url(job), job);
    },
  });

  route(app, "/jobs/:jobId", {
    GET: async (c) => {
      const call = c.get("call");
      const job = await getJob(call.ctx, idParam(c, "jobId"));
      checkPreconditions(job, preconditions(c.req.raw.headers), true);
      return oneOf(call, jobs(call), job, job);
    },
    PATCH: async (c) => update(c, jobPatch(parseBody("JobPatchParameter", await readJson(c.req.raw), c.get("call").version))),
    PUT: async (c) => update(c, jobUpdate(parseBody("JobUpdateParameter", await readJson(c.req.raw), c.get("call").version))),
    DELETE: async (c) => {
      const call = c.get("call");
      const jobId = idParam(c, "jobId");
      await deleteJob(call.ctx, jobId, preconditions(c.req.raw.headers));
      return acted(call, 202, `/jobs/${jobId}`);
    },
  });

  route(app, "/jobs/:jobId/terminate", {
    POST: async (c) => {
      const call = c.get("call");
      const body = await readOptionalJson(c.req.raw);
      const reason = terminateReason(body === undefined ? undefined : parseBody("JobTerminateParameter", body, call.version));
      const job = await terminateJob(call.ctx, idParam(c, "jobId"), reason, preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(job)}/terminate`, job);
    },
  });

  route(app, "/jobs/:jobId/disable", {
    POST: async (c) => {
      const call = c.get("call");
      const how = disableRequest(parseBody("JobDisableParameter", await readJson(c.req.raw), call.version));
      const job = await disableJob(call.ctx, idParam(c, "jobId"), how, preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(job)}/disable`, job);
    },
  });

  route(app, "/jobs/:jobId/enable", {
    POST: async (c) => {
      const call = c.get("call");
      const job = await enableJob(call.ctx, idParam(c, "jobId"), preconditions(c.req.raw.headers));
      return acted(call, 202, `${url(job)}/enable`, job);
    },
  });
}

async function update(c: ApiContext, changes: JobChanges): Promise<Response> {
  const call = c.get("call");
  const job = await updateJob(call.ctx, idParam(c, "jobId"), changes, preconditions(c.req.raw.headers));
  return acted(call, 200, url(job), job);
}

/** All jobs of the account. */
export function jobs(call: Call): Collection<Job> {
  return {
    definition: "CloudJob",
    set: "jobs",
    filterable: JOB_FILTER,
    selectable: JOB_SELECT,
    view: (job) => jobView(job, call.origin),
    stats: (jobs) => statsOf(call, jobs),
    read: (page) => listJobs(call.ctx, page),
    find: { byId: (id) => getJob(call.ctx, id), missing: "JobNotFound" },
  };
}

async function statsOf(call: Call, jobs: readonly Job[]): Promise<Record<string, unknown>[]> {
  const stats = await readJobStats(call.ctx, jobs);
  const lastUpdateTime = new Date(call.ctx.clock.now()).toISOString();
  return jobs.map((job, index) =>
    jobStatsView(stats[index] ?? NO_STATS, { url: statsUrl(call, url(job)), startTime: job.creationTime, lastUpdateTime }),
  );
}

function url(job: Job): string {
  return `/jobs/${job.id}`;
}
