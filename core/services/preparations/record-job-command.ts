import { attributes, fromItem, toItem } from "../../domain/items.ts";
import { poolOf } from "../../domain/job.ts";
import { isNews, type JobNode, type ToldCommand } from "../../domain/job-node.ts";
import type { NodeRef } from "../../domain/refs.ts";
import type { NodeEnvelope, NodeEvent } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { currentJob } from "../jobs/current-job.ts";
import { ring } from "../ring.ts";

const TRIES = 8;

type JobCommandEvent = Extract<NodeEvent, { kind: "preparation" | "release" }>;

/** What a node says of a job's preparation, or release. A node that has released the job is waited for no more. */
export async function recordJobCommand(
  ctx: Context,
  ref: NodeRef,
  { report: { boot, seq } }: NodeEnvelope,
  event: JobCommandEvent,
): Promise<void> {
  const job = await currentJob(ctx, event.job);
  if (!job) return;
  const { id, report } = event;
  if (id !== undefined && report) await tell(ctx, { ...event.job, ...ref }, event.kind, { id, report, boot, seq });
  if (event.kind === "preparation" || report?.state === "running") return;
  await ctx.store.write({ kind: "delete", key: ctx.keys.nodeToRelease(event.job, ref.nodeId) });
  await ring(ctx, { pool: { poolId: poolOf(job) }, settle: [{ jobId: job.id, uid: job.uid }] });
}

async function tell(ctx: Context, of: Omit<JobNode, "rev">, kind: JobCommandEvent["kind"], told: ToldCommand): Promise<void> {
  const key = ctx.keys.jobNode(of, of.nodeId);
  for (let tries = 0; tries < TRIES; tries++) {
    const item = await ctx.store.get(key);
    const known = item && fromItem<JobNode>(item);
    if (known && !isNews(told, known[kind])) return;
    const { ok } = await ctx.store.write(
      known
        ? { kind: "update", key, set: attributes({ [kind]: told, rev: known.rev + 1 }), when: { equals: { rev: known.rev } } }
        : { kind: "insert", item: toItem(key, { ...of, rev: 1, [kind]: told }) },
    );
    if (ok) return;
  }
  throw new Error(`what a node says of job ${of.jobId} was written by too many at a time`);
}
