import { durationMs } from "../../domain/duration.ts";
import { Refusal } from "../../domain/errors.ts";
import { etagOf } from "../../domain/etag.ts";
import { toItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import { managerOf } from "../../domain/new-task.ts";
import type { JobSpec } from "../../domain/specs.ts";
import type { Context } from "../context.ts";
import { ring } from "../ring.ts";
import { noteWaiting } from "../tasks/ready-list.ts";
import { addManager } from "./add-manager.ts";
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
  const manager = managerOf(now, job);
  if (manager) {
    await refuseExisting(ctx, spec.id);
    await addManager(ctx, job, manager);
  }
  const outcome = await ctx.store.write({ kind: "insert", item: toItem(ctx.keys.job(spec.id), job) });
  if (!outcome.ok) {
    if (manager) await ctx.work.send([{ body: { kind: "purge-job", job: ref, poolIds: [poolOf(job)], again: false } }]);
    await refuseExisting(ctx, spec.id);
    throw new Refusal("JobExists");
  }
  // Counts begin with the first that is added; begun here, they cost the first tasks no requests of their own.
  if (!manager) await announceCounts(ctx, ref);
  if (Number.isFinite(durationMs(spec.constraints.maxWallClockTime))) await armDeadline(ctx, job);
  if (manager) {
    await noteWaiting(ctx, job);
    await ring(ctx, { pool: { poolId: poolOf(job) } });
  } else if (spec.onAllTasksComplete === "terminatejob") await ring(ctx, { pool: { poolId: poolOf(job) }, settle: [ref] });
  return job;
}

async function refuseExisting(ctx: Context, jobId: string): Promise<void> {
  const existing = await ctx.store.get(ctx.keys.job(jobId));
  if (existing) throw new Refusal(existing.state === "deleting" ? "JobBeingDeleted" : "JobExists");
}
