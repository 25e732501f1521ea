import { fromItem } from "../../domain/items.ts";
import type { Lease } from "../../domain/ready.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { NodeEnvelope } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";
import { recountAtRest } from "./recount-at-rest.ts";

/** A message that comes again may have been cut short between its changes and their counting: its jobs are counted anew once they are at rest. */
export async function recountReported(ctx: Context, envelopes: readonly NodeEnvelope[]): Promise<void> {
  const events = envelopes.flatMap((envelope) => envelope.report.events);
  await recount(
    ctx,
    events.flatMap((event) => (event.kind === "task-finished" || event.kind === "task-returned" ? [event.task] : [])),
  );
}

/** The same for a pass: what it may have changed stands in the leases. */
export async function recountLeased(ctx: Context, poolId: string): Promise<void> {
  const leased: JobRef[] = [];
  for await (const page of everyPage(ctx, { pk: ctx.keys.leases(poolId) }))
    leased.push(...page.flatMap((item) => fromItem<Lease>(item).tasks));
  await recount(ctx, leased);
}

async function recount(ctx: Context, jobs: readonly JobRef[]): Promise<void> {
  const distinct = new Map(jobs.map(({ jobId, uid }) => [uid, { jobId, uid }]));
  await Promise.all([...distinct.values()].map((job) => recountAtRest(ctx, job)));
}
