import { toItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { NodeToRelease } from "../../domain/job-node.ts";
import type { Node } from "../../domain/node.ts";
import type { Insert } from "../../ports/store.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

/** What a pass is about to hand a task of the job to. */
interface Handed {
  readonly job: Job;
  readonly node: Node;
  /** The uids of jobs that are prepared there, as the node said. */
  readonly prepared: readonly string[];
}

/**
 * Notes on which nodes jobs may be prepared: written before their tasks are handed over, so that no node is left out when the job is over. One write a
 * job and node, until the node says that it is prepared; none for jobs without a preparation.
 */
export async function noteNodes(ctx: Context, handed: Iterable<Handed>): Promise<void> {
  const notes = new Map<string, Insert>();
  for (const { job, node, prepared } of handed) {
    if (!job.spec.jobPreparationTask || prepared.includes(job.uid)) continue;
    const note: NodeToRelease = { jobId: job.id, uid: job.uid, poolId: node.poolId, nodeId: node.id, machineId: node.machineId };
    notes.set(`${job.uid}/${node.id}`, { kind: "insert", item: toItem(ctx.keys.nodeToRelease(note, node.id), note) });
  }
  // One that is there already says the same.
  await writeAll(ctx, [...notes.values()]);
}
