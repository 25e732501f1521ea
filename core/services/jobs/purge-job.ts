import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { WaitingJob } from "../../domain/ready.ts";
import type { Work } from "../../protocol/messages.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";
import { currentJob } from "./current-job.ts";

/** A request that began before the deletion has ended by then. */
const AGAIN_AFTER_S = 120;

/**
 * Takes away all that a deleted job had, its own item last: whatever cuts this short, the job is still there as `deleting` and the next sweep
 * goes on. Once more later, for what a slow request wrote meanwhile.
 */
export async function purgeJob(ctx: Context, work: Extract<Work, { kind: "purge-job" }>): Promise<void> {
  const { job: ref, poolIds } = work;
  for (const pk of [...ctx.keys.taskPartitions(ref), ctx.keys.ready(ref), ...ctx.keys.dependencyPartitions(ref)])
    await emptyPartition(ctx, pk);
  for (const poolId of poolIds) await dropNotes(ctx, poolId, ref.uid);
  await ctx.store.write({ kind: "delete", key: ctx.keys.counts(ref) });
  if (!work.again) return;
  for (const poolId of poolIds) {
    for await (const page of everyPage(ctx, ctx.keys.nodes(poolId))) {
      for (const item of page) await ctx.nodes.send(fromItem<Node>(item).machineId, [{ kind: "clean-job", job: ref }]);
    }
  }
  await ctx.nodeFiles.forget(ref);
  const job = await currentJob(ctx, ref);
  if (job?.state === "deleting")
    await ctx.store.write({ kind: "delete", key: ctx.keys.job(ref.jobId), when: { equals: { uid: ref.uid, state: "deleting" } } });
  await ctx.work.send([{ body: { ...work, again: false }, delaySeconds: AGAIN_AFTER_S }]);
}

async function emptyPartition(ctx: Context, pk: string): Promise<void> {
  for await (const page of everyPage(ctx, { pk }, 500))
    await writeAll(
      ctx,
      page.map(({ sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
}

async function dropNotes(ctx: Context, poolId: string, uid: string): Promise<void> {
  for await (const page of everyPage(ctx, { pk: ctx.keys.waiting(poolId) })) {
    const own = page.filter((item) => fromItem<WaitingJob>(item).uid === uid);
    await writeAll(
      ctx,
      own.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
  }
}
