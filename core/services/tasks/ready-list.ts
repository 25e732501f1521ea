/**
 * A job's waiting tasks. Entries are hints, written before the truth that they speak of: first the chunk, then the note that the job
 * has work for its pool (bumped, so that a pass that just found the job empty does not take the note away), then the task.
 */

import { toItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import { CHUNK_ENTRIES, FIRST_CHUNK, type ReadyEntry } from "../../domain/ready.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Write } from "../../ports/store.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

export async function writeReady(ctx: Context, job: Job, entries: readonly ReadyEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const pk = ctx.keys.ready({ jobId: job.id, uid: job.uid });
  const at = ctx.clock.now();
  const managers = entries.filter(({ m }) => m === 1);
  const others = entries.filter(({ m }) => m !== 1);
  const chunk = (sk: string, some: readonly ReadyEntry[]): Write => ({
    kind: "insert",
    item: { pk, sk, entries: some.map((entry) => ({ ...entry })), rev: 1, at },
  });
  const outcomes = await writeAll(ctx, [
    ...managers.map((entry) => chunk(FIRST_CHUNK + ctx.ids.next(), [entry])),
    ...slices(others, CHUNK_ENTRIES).map((some) => chunk(ctx.ids.next(), some)),
  ]);
  const refused = outcomes.find((outcome) => !outcome.ok);
  if (refused) throw new Error(`a ready chunk's fresh key was taken: job ${job.id}`);
}

/** Takes away up to so many chunks of a job that runs no task any more; true when none is left. */
export async function dropReady(ctx: Context, job: JobRef, most: number): Promise<boolean> {
  const pk = ctx.keys.ready(job);
  const page = await ctx.store.query({ pk, limit: most });
  await writeAll(
    ctx,
    page.items.map(({ sk }) => ({ kind: "delete", key: { pk, sk } })),
  );
  return page.next === undefined;
}

/** Notes with the pool that the job has waiting tasks. `manager`: its manager, which is to run again, is among them. */
export async function noteWaiting(ctx: Context, job: Job, manager = false): Promise<void> {
  const key = ctx.keys.waitingJob(poolOf(job), job.spec.priority, job.uid);
  for (;;) {
    const bumped = await ctx.store.write({ kind: "update", key, add: { rev: 1 }, ...(manager ? { set: { manager } } : {}) });
    if (bumped.ok) return;
    const note = { jobId: job.id, uid: job.uid, priority: job.spec.priority, rev: 1, ...(manager ? { manager } : {}) };
    const inserted = await ctx.store.write({ kind: "insert", item: toItem(key, note) });
    if (inserted.ok) return;
  }
}
