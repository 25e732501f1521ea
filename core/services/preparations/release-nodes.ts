/**
 * The end of a job on the nodes that it may have been prepared on. Each is told to release it, in batches, and again until it has said that it did; a
 * node that is gone, or that has no agent now, is not waited for, and nobody is for longer than a release may take. Runs inside the pass of the job's
 * pool, when no task of the job runs any more.
 */
import { fromItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import type { NodeToRelease } from "../../domain/job-node.ts";
import type { Node, NodeState } from "../../domain/node.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Key } from "../../ports/store.ts";
import { slices, writeAll } from "../batches.ts";
import { change } from "../change.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";
import { ring, ringLater } from "../ring.ts";
import { releaseCommand } from "./job-commands.ts";

/** So many nodes are told in one pass. */
const BATCH = 1_000;
const AT_ONCE = 50;
/** A message may have been lost, or its node started anew. */
const TELL_AGAIN_S = 30;
/** The longest that a release may take, and a minute for it to be told. */
const LONGEST_MS = 16 * 60_000;
/** In these a node has no agent that would answer. */
const UNANSWERING: ReadonlySet<NodeState> = new Set(["deallocating", "deallocated", "preempted", "leavingpool"]);

/** Answers whether that is done. Where it is not, the pool's doorbell rings for the job when there is more to do. */
export async function releaseNodes(ctx: Context, job: Job): Promise<boolean> {
  const now = ctx.clock.now();
  const progress = job.releasing ?? { since: now, toldAt: Number.NEGATIVE_INFINITY };
  if (now - progress.since > LONGEST_MS) {
    ctx.log("warn", "nodes not released in time", { jobId: job.id });
    await forgetAll(ctx, job);
    return true;
  }
  const first = await ctx.store.query({ ...ctx.keys.nodesToRelease(refOf(job)), limit: 1 });
  if (first.items.length === 0 && first.next === undefined) return true;
  // What was told before the control plane's process began, where that loses messages, may never have come.
  const { startedAt = Number.NEGATIVE_INFINITY } = ctx.settings;
  if (progress.after === undefined && now - progress.toldAt < TELL_AGAIN_S * 1000 && progress.toldAt >= startedAt) return false;
  const { told, after } = await tellSome(ctx, job, progress.after);
  // Without a command there is nothing to wait for: told once, nodes end what still prepares the job.
  const over = after === undefined && (!job.spec.jobReleaseTask || (progress.after === undefined && told === 0));
  if (over) {
    await forgetAll(ctx, job);
    return true;
  }
  const look = { pool: { poolId: poolOf(job) }, settle: [refOf(job)] };
  // Before it is written down that they were told: whatever cuts this short, somebody looks again.
  await (after === undefined ? ringLater(ctx, TELL_AGAIN_S, look) : ring(ctx, look));
  const releasing = { since: progress.since, toldAt: progress.after === undefined ? now : progress.toldAt, ...(after && { after }) };
  await change<Job>(ctx, ctx.keys.job(job.id), "JobNotFound", (found) => (found.uid === job.uid ? { releasing } : undefined));
  return false;
}

/** Tells the next batch of nodes; answers how many there were to tell, and behind which of them the next batch begins. */
async function tellSome(ctx: Context, job: Job, behind: string | undefined): Promise<{ told: number; after: string | undefined }> {
  const page = await ctx.store.query({
    ...ctx.keys.nodesToRelease(refOf(job)),
    limit: BATCH,
    ...(behind === undefined ? {} : { after: behind }),
  });
  const command = releaseCommand(ctx, job);
  const message = { kind: "release", job: refOf(job), ...(command && { release: command }) } as const;
  const gone: Key[] = [];
  for (const some of slices(page.items, AT_ONCE)) {
    const notes = some.map((item) => fromItem<NodeToRelease>(item));
    const nodes = await ctx.store.getMany(notes.map(({ poolId, nodeId }) => ctx.keys.node(poolId, nodeId)));
    await Promise.all(
      notes.map(async ({ machineId, nodeId }, index) => {
        const node = nodes[index] && fromItem<Node>(nodes[index]);
        if (!node || UNANSWERING.has(node.state)) gone.push(ctx.keys.nodeToRelease(refOf(job), nodeId));
        else await ctx.nodes.send(machineId, [message]);
      }),
    );
  }
  await writeAll(
    ctx,
    gone.map((key) => ({ kind: "delete", key })),
  );
  return { told: page.items.length - gone.length, after: page.next };
}

async function forgetAll(ctx: Context, job: Job): Promise<void> {
  for await (const page of everyPage(ctx, ctx.keys.nodesToRelease(refOf(job)), BATCH))
    await writeAll(
      ctx,
      page.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
}

function refOf(job: Job): JobRef {
  return { jobId: job.id, uid: job.uid };
}
