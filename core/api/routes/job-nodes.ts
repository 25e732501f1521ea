import type { Hono } from "hono";
import type { JobNode } from "../../domain/job-node.ts";
import { jobNodeView } from "../../domain/job-node-view.ts";
import { listJobNodes } from "../../services/preparations/list-job-nodes.ts";
import type { ApiEnv, Call } from "../call.ts";
import { type Collection, listPage } from "../odata/listing.ts";
import { JOB_NODE_FILTER, JOB_NODE_SELECT } from "../odata/properties.ts";
import { idParam, route } from "./route.ts";

/** What jobs' preparation and release did on which node. */
export function jobNodeRoutes(app: Hono<ApiEnv>): void {
  route(app, "/jobs/:jobId/jobpreparationandreleasetaskstatus", {
    GET: (c) => listPage(c.get("call"), jobNodes(c.get("call"), idParam(c, "jobId"))),
  });
}

/** They have no ETag and nothing to expand. */
function jobNodes(call: Call, jobId: string): Collection<JobNode> {
  return {
    definition: "JobPreparationAndReleaseTaskExecutionInformation",
    set: "jobpreparationandreleasetaskstatus",
    filterable: JOB_NODE_FILTER,
    selectable: JOB_NODE_SELECT,
    view: (node) => jobNodeView(node, call.origin),
    read: (page) => listJobNodes(call.ctx, jobId, page),
  };
}
