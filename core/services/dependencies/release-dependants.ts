import { integerOf, stretchOf } from "../../domain/dependencies.ts";
import { fromItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import type { Item } from "../../ports/store.ts";
import type { Work } from "../../protocol/messages.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { currentJob } from "../jobs/current-job.ts";
import { ring } from "../ring.ts";
import { groupByJob } from "../tasks/give-back.ts";
import { type Edge, edgesOf } from "./edges.ts";
import { setBits } from "./id-blocks.ts";
import { readPrefixes } from "./read-together.ts";
import { type Hit, satisfy } from "./satisfy.ts";

/** Edges that are followed at once, each of at most 25 dependants; the rest is later work. */
const EDGES_AT_ONCE = 100;

/**
 * These tasks are over in the way that others wait for: takes them off what those wait for, and unblocks who waits for nothing more. Costs at most a query a
 * task, and a constant number of requests an edge or range.
 */
export async function releaseDependants(ctx: Context, upstreams: readonly Task[]): Promise<void> {
  for (const tasks of groupByJob(upstreams).values()) {
    const [first] = tasks;
    const job = first && (await currentJob(ctx, first));
    if (!job) continue;
    const ids = tasks.map((task) => task.id.toLowerCase());
    const numbers = ids.map(integerOf).filter((number) => number !== undefined);
    const stretches = await setBits(ctx, first, numbers);
    await follow(ctx, job, [...ids, ...stretches]);
  }
}

/** Goes on where there were more dependants than are followed at once. */
export async function goOnReleasing(ctx: Context, work: Extract<Work, { kind: "release-dependants" }>): Promise<void> {
  const job = await currentJob(ctx, work.job);
  if (job) await follow(ctx, job, work.names, work.after);
}

async function follow(ctx: Context, job: Job, names: readonly string[], after?: string): Promise<void> {
  const ref: JobRef = { jobId: job.id, uid: job.uid };
  const byPartition = new Map<string, Map<string, string>>();
  for (const name of names) {
    const { pk, prefix } = edgesOf(ctx, ref, name);
    byPartition.set(pk, (byPartition.get(pk) ?? new Map()).set(prefix, name));
  }
  const items: Item[] = [];
  await Promise.all(
    [...byPartition].map(async ([pk, prefixes]) => {
      const found = await readPrefixes(ctx, pk, [...prefixes.keys()].sort(), EDGES_AT_ONCE, after);
      items.push(...found.items);
      if (!found.rest) return;
      const left = found.rest.prefixes.map((prefix) => prefixes.get(prefix) as string);
      await ctx.work.send([{ body: { kind: "release-dependants", job: ref, names: left, after: found.rest.after } }]);
    }),
  );
  const hits = items.flatMap((item): Hit[] => fromItem<Edge>(item).to.map((to) => ({ name: String(item.name), to })));
  const released = await satisfy(ctx, job, hits);
  // A task completes once in a while, but a block's watchers would be met again at each of its bits.
  const spent = items.filter((item) => stretchOf(String(item.name)));
  await writeAll(
    ctx,
    spent.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
  );
  if (released) await ring(ctx, { pool: { poolId: poolOf(job) } });
}
