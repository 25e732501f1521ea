import { Refusal } from "../../domain/errors.ts";
import { fromItem } from "../../domain/items.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Counts, Task } from "../../domain/task.ts";
import type { Item } from "../../ports/store.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { readCounts } from "../jobs/counts.ts";
import { getJob } from "../jobs/read-jobs.ts";

export async function getTask(ctx: Context, jobId: string, taskId: string): Promise<Task> {
  const job = await getJob(ctx, jobId);
  const item = await ctx.store.get(ctx.keys.task({ jobId: job.id, uid: job.uid, taskId }));
  if (!item) throw new Refusal("TaskNotFound");
  return fromItem<Task>(item);
}

/** In the order of their ids. Costs what the page costs, times the number of partitions at most. */
export async function listTasks(ctx: Context, jobId: string, page: PageRequest): Promise<Listing<Task>> {
  const job = await getJob(ctx, jobId);
  const { items, next } = await mergePartitions(ctx, { jobId: job.id, uid: job.uid }, page);
  const tasks = items.map((item) => fromItem<Task>(item));
  return next === undefined ? { items: tasks } : { items: tasks, next };
}

export async function countTasks(ctx: Context, jobId: string): Promise<Counts> {
  const job = await getJob(ctx, jobId);
  return (await readCounts(ctx, { jobId: job.id, uid: job.uid })).counts;
}

/** A page over all partitions of a job, merged by sort key: each partition gives its first `limit`, and what lies beyond the page is read again. */
async function mergePartitions(ctx: Context, job: JobRef, page: PageRequest): Promise<{ items: Item[]; next?: string }> {
  const after = page.after === undefined ? {} : { after: page.after };
  const pages = await Promise.all(ctx.keys.taskPartitions(job).map((pk) => ctx.store.query({ pk, ...after, limit: page.limit })));
  // Beyond the shortest page that has a successor nothing is known to be complete.
  const horizon = pages.flatMap((one) => (one.next === undefined ? [] : [one.next])).sort(bytewise)[0];
  const merged = pages.flatMap((one) => one.items).sort((a, b) => bytewise(a.sk, b.sk));
  const items = merged.filter((item) => horizon === undefined || bytewise(item.sk, horizon) <= 0).slice(0, page.limit);
  const next = items.length < page.limit ? horizon : items.length < merged.length || horizon !== undefined ? items.at(-1)?.sk : undefined;
  return next === undefined ? { items } : { items, next };
}

/** Ids are ASCII, for which the order of code units is that of bytes. */
function bytewise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
