import { fromItem } from "../../domain/items.ts";
import type { Node } from "../../domain/node.ts";
import type { Work } from "../../protocol/messages.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";
import { lookSoon } from "../schedules/look-soon.ts";
import { rollUpLast } from "../stats/roll-up-job.ts";
import { currentJob } from "./current-job.ts";
import { dropNotes } from "./drop-notes.ts";
import { endPoolOf } from "./job-over.ts";

/** A request that began before the deletion has ended by then. */
const AGAIN_AFTER_S = 120;

/**
 * Takes away all that a deleted job had, its own item last: whatever cuts this short, the job is still there as `deleting` and the next sweep
 * goes on. Once more later, for what a slow request wrote meanwhile.
 */
export async function purgeJob(ctx: Context, work: Extract<Work, { kind: "purge-job" }>): Promise<void> {
  const { job: ref, poolIds } = work;
  const { keys } = ctx;
  const partitions = [keys.taskPartitions(ref), keys.subtaskPartitions(ref), keys.ready(ref), keys.dependencyPartitions(ref)].flat();
  for (const pk of partitions) await emptyPartition(ctx, pk);
  if (work.prepared) await emptyPartition(ctx, ctx.keys.jobNodes(ref).pk);
  for (const poolId of poolIds) await dropNotes(ctx, poolId, ref.uid);
  const deleting = await currentJob(ctx, ref);
  if (deleting && work.again) await rollUpLast(ctx, deleting);
  await ctx.store.write({ kind: "delete", key: ctx.keys.counts(ref) });
  if (!work.again) {
    // Kept so long, as who read the counts before they went must not roll them up once more.
    await ctx.store.write({ kind: "delete", key: ctx.keys.rolledUp(ref) });
    return;
  }
  for (const poolId of poolIds) {
    for await (const page of everyPage(ctx, ctx.keys.nodes(poolId))) {
      for (const item of page) await ctx.nodes.send(fromItem<Node>(item).machineId, [{ kind: "clean-job", job: ref }]);
    }
  }
  await ctx.nodeFiles.forget(ref);
  const job = await currentJob(ctx, ref);
  if (job?.state === "deleting") {
    await endPoolOf(ctx, job);
    await ctx.store.write({ kind: "delete", key: ctx.keys.job(ref.jobId), when: { equals: { uid: ref.uid, state: "deleting" } } });
    if (job.schedule) await lookSoon(ctx, job.schedule);
  }
  await ctx.work.send([{ body: { ...work, again: false }, delaySeconds: AGAIN_AFTER_S }]);
}

async function emptyPartition(ctx: Context, pk: string): Promise<void> {
  for await (const page of everyPage(ctx, { pk }, 500))
    await writeAll(
      ctx,
      page.map(({ sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
}
