import type { Hono } from "hono";
import { etagOf } from "../../domain/etag.ts";
import { INTERVAL_MS, startOf } from "../../domain/pool-usage.ts";
import { coreTimeView, jobStatsView } from "../../domain/stats-views.ts";
import { lifetimeJobStats, lifetimePoolStats } from "../../services/stats/lifetime.ts";
import { listUsage, type UsageMetrics } from "../../services/stats/pool-usage.ts";
import type { ApiEnv, Call } from "../call.ts";
import { invalidParameter } from "../middleware/query.ts";
import { type Collection, listPage } from "../odata/listing.ts";
import { USAGE_FILTER } from "../odata/properties.ts";
import { document } from "../reply.ts";
import { parseTime } from "../values/timestamp.ts";
import { renderBody } from "../versions/translate.ts";
import { route } from "./route.ts";
import { inVersions } from "./since.ts";

const HOUR_MS = 3_600_000;
/** So long before now, at least, a range of usage ends. */
const BEFORE_NOW_MS = 2 * HOUR_MS;

/** Statistics of the account as a whole. Those of its whole life went with 2023-05. */
export function statisticsRoutes(app: Hono<ApiEnv>): void {
  route(app, "/poolusagemetrics", { GET: (c) => listPage(c.get("call"), usageMetrics(c.get("call"))) });

  route(app, "/lifetimepoolstats", {
    GET: inVersions(
      async (c) => {
        const call = c.get("call");
        const { since, at, dedicated } = await lifetimePoolStats(call.ctx);
        const view = coreTimeView(dedicated, { url: `${call.origin}/lifetimepoolstats`, startTime: since, lastUpdateTime: at });
        return document(call, "poolstats/@Element", renderBody("PoolStatistics", view, call.version), stamp(at));
      },
      "2015-12-01.2.2",
      "2023-05-01.17.0",
    ),
  });

  route(app, "/lifetimejobstats", {
    GET: inVersions(
      async (c) => {
        const call = c.get("call");
        const stats = await lifetimeJobStats(call.ctx);
        const span = { url: `${call.origin}/lifetimejobstats`, startTime: stats.since, lastUpdateTime: stats.at };
        return document(call, "jobstats/@Element", renderBody("JobStatistics", jobStatsView(stats, span), call.version), stamp(stats.at));
      },
      "2015-12-01.2.2",
      "2023-05-01.17.0",
    ),
  });
}

/** Of the last interval that there is to see, unless the query names a range. */
function usageMetrics(call: Call): Collection<UsageMetrics> {
  const { from, to } = range(call);
  return {
    definition: "PoolUsageMetrics",
    set: "poolusagemetrics",
    filterable: USAGE_FILTER,
    selectable: new Set(),
    view: ({ poolId, start, vmSize, coreMs }) => ({
      poolId,
      startTime: new Date(start).toISOString(),
      endTime: new Date(start + INTERVAL_MS).toISOString(),
      vmSize,
      totalCoreHours: coreMs / HOUR_MS,
      dataIngressGiB: 0,
      dataEgressGiB: 0,
    }),
    read: (page) => listUsage(call.ctx, from, to, page),
  };
}

/**
 * What `starttime` and `endtime` ask for, in milliseconds since the epoch. As in Azure, an interval can be seen two hours after its end. Throws
 * InvalidQueryParameterValue.
 */
function range({ query, ctx }: Call): { from: number; to: number } {
  const lastEnd = startOf(ctx.clock.now() - BEFORE_NOW_MS);
  const moment = (name: string, otherwise: number, latest: number, least: string) => {
    const text = query.get(name);
    if (text === undefined) return otherwise;
    const value = parseTime(text);
    if (value === undefined) throw invalidParameter(name, text, "It must be a time as in 2024-07-01T12:00:00Z.");
    if (value > latest) throw invalidParameter(name, text, `It must be at least ${least} before now.`);
    return value;
  };
  const now = ctx.clock.now();
  const from = moment("starttime", lastEnd - INTERVAL_MS, now - BEFORE_NOW_MS - INTERVAL_MS, "two and a half hours");
  const to = moment("endtime", lastEnd, now - BEFORE_NOW_MS, "two hours");
  if (to <= from) throw invalidParameter("endtime", query.get("endtime") ?? "", "It must be later than starttime.");
  return { from, to };
}

function stamp(at: string): { etag: string; lastModified: string } {
  return { etag: etagOf(Date.parse(at), 0), lastModified: at };
}
