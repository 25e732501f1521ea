import { durationMs } from "../../domain/duration.ts";
import { Refusal } from "../../domain/errors.ts";
import { etagOf } from "../../domain/etag.ts";
import { toItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { JobSpec } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { announceCounts } from "./counts.ts";
import { armDeadline } from "./job-deadline.ts";

/** Adds a job, active at once; its pool need not exist yet. Refuses JobExists, or JobBeingDeleted where the old one is not gone yet. */
export async function addJob(ctx: Context, spec: JobSpec): Promise<Job> {
  const now = ctx.clock.now();
  const at = new Date(now).toISOString();
  const job: Job = {
    id: spec.id,
    uid: ctx.ids.next(),
    rev: 1,
    etag: etagOf(now, 1),
    creationTime: at,
    lastModified: at,
    state: "active",
    stateTransitionTime: at,
    spec,
    startTime: at,
  };
  const ref = { jobId: job.id, uid: job.uid };
  const outcome = await ctx.store.write({ kind: "insert", item: toItem(ctx.keys.job(spec.id), job) });
  if (!outcome.ok) {
    const existing = await ctx.store.get(ctx.keys.job(spec.id));
    throw new Refusal(existing?.state === "deleting" ? "JobBeingDeleted" : "JobExists");
  }
  // Counts begin with the first that is added; begun here, they cost the first tasks no requests of their own.
  await announceCounts(ctx, ref);
  if (Number.isFinite(durationMs(spec.constraints.maxWallClockTime))) await armDeadline(ctx, job);
  if (spec.onAllTasksComplete === "terminatejob") await ring(ctx, { pool: { poolId: poolOf(job) }, settle: [ref] });
  return job;
}
