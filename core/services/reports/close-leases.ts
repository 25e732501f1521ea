import { nodeIdOf } from "../../domain/node-id.ts";
import type { NodeEnvelope } from "../../protocol/messages.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

/** A lease goes when its node has reported on all of it: after the results, so that a crash in between leaves a lease without running tasks. */
export async function closeLeases(ctx: Context, envelopes: readonly NodeEnvelope[]): Promise<void> {
  const done = new Map<string, { pk: string; sk: string }>();
  for (const envelope of envelopes) {
    for (const event of envelope.report.events) {
      if (event.kind === "lease-done") done.set(event.lease, ctx.keys.lease(envelope.poolId, nodeIdOf(envelope), event.lease));
    }
  }
  await writeAll(
    ctx,
    [...done.values()].map((key) => ({ kind: "delete", key })),
  );
}
