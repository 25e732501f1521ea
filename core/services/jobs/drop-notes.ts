import { fromItem } from "../../domain/items.ts";
import type { WaitingJob } from "../../domain/ready.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { everyPage } from "../listing.ts";

/** Takes away whatever a job has noted with a pool: one note for each priority that it had. */
export async function dropNotes(ctx: Context, poolId: string, uid: string): Promise<void> {
  for await (const page of everyPage(ctx, { pk: ctx.keys.waiting(poolId) })) {
    const own = page.filter((item) => fromItem<WaitingJob>(item).uid === uid);
    await writeAll(
      ctx,
      own.map(({ pk, sk }) => ({ kind: "delete", key: { pk, sk } })),
    );
  }
}
