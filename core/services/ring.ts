import type { Ring } from "../protocol/messages.ts";
import type { Context } from "./context.ts";

/** Rings a pool's doorbell; with a delay, through the queue of later work, since a FIFO queue delays none of its own. */
export async function ring(ctx: Context, ...rings: readonly Ring[]): Promise<void> {
  if (rings.length > 0) await ctx.doorbell.send(rings.map((body) => ({ body, group: body.pool.poolId.toLowerCase() })));
}

export async function ringLater(ctx: Context, delaySeconds: number, body: Ring): Promise<void> {
  await ctx.work.send([{ body: { kind: "ring", ring: body }, delaySeconds }]);
}
