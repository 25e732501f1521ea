import { Refusal } from "../../domain/errors.ts";
import type { JobNode, ToldCommand } from "../../domain/job-node.ts";
import { slices } from "../batches.ts";
import type { Context, Listing, PageRequest } from "../context.ts";
import { getJob } from "../jobs/read-jobs.ts";
import { listPartition } from "../listing.ts";

/**
 * What the job's preparation and release did, a node each, also of nodes that are gone: by the nodes' ids. Refuses JobNotFound, and
 * JobPreparationTaskNotSpecified where the job has none.
 */
export async function listJobNodes(ctx: Context, jobId: string, page: PageRequest): Promise<Listing<JobNode>> {
  const job = await getJob(ctx, jobId);
  if (!job.spec.jobPreparationTask) throw new Refusal("JobPreparationTaskNotSpecified");
  const listing = await listPartition<JobNode>(ctx, ctx.keys.jobNodes({ jobId: job.id, uid: job.uid }), page);
  return { ...listing, items: await endLost(ctx, listing.items) };
}

/** What ran on a node that is gone has ended with it: nobody was left to tell. */
async function endLost(ctx: Context, found: readonly JobNode[]): Promise<JobNode[]> {
  const open = found.filter((one) => isRunning(one.preparation) || isRunning(one.release));
  const lost = new Set<JobNode>();
  for (const some of slices(open, 100)) {
    const nodes = await ctx.store.getMany(some.map(({ poolId, nodeId }) => ctx.keys.node(poolId, nodeId)));
    for (const [index, one] of some.entries()) if (!nodes[index]) lost.add(one);
  }
  return found.map((one) => {
    if (!lost.has(one)) return one;
    const { preparation, release } = one;
    return { ...one, ...(preparation && { preparation: ended(preparation) }), ...(release && { release: ended(release) }) };
  });
}

function isRunning(told: ToldCommand | undefined): boolean {
  return told?.report.state === "running";
}

function ended(told: ToldCommand): ToldCommand {
  if (!isRunning(told)) return told;
  const failure = { category: "servererror", code: "NodeUnavailable", message: "The node was gone before this had ended." } as const;
  return { ...told, report: { ...told.report, state: "completed", endTime: told.report.startTime, failure } };
}
