/**
 * When a job is counted anew: once nobody has counted for a moment. One message at a time awaits that for a job; the item of its counts names the one that
 * matters, so a message that comes twice, or many that find the counts in doubt, lead to one recount.
 */
import type { JobRef } from "../../domain/refs.ts";
import type { Item } from "../../ports/store.ts";
import type { Work } from "../../protocol/messages.ts";
import type { Context } from "../context.ts";
import { recountJob } from "./recount-job.ts";

/** So long nobody counts before a job is taken to be at rest. */
const AT_REST_S = 5;
/** So long a job's coming to rest is awaited; then the next sweep takes over. */
const AWAITED_MS = 240_000;
/** A message that is overdue for so long is lost. */
const LOST_AFTER_MS = 60_000;

type Recount = Extract<Work, { kind: "recount-job" }>;

/** Has a job counted anew once it is at rest; nothing where that is awaited already, or the job has no counts. `messagesLost`: no message awaits anything. */
export async function recountAtRest(ctx: Context, job: JobRef, messagesLost = false): Promise<void> {
  const item = await ctx.store.get(ctx.keys.counts(job));
  const now = ctx.clock.now();
  const awaited = !messagesLost && typeof item?.recountAt === "number" && now < item.recountAt + LOST_AFTER_MS;
  if (!item || awaited) return;
  await awaitRest(ctx, job, item, now + AWAITED_MS);
}

/** The message has come: the job is counted where nobody counted meanwhile, or awaited further. */
export async function recountOrAwait(ctx: Context, { job, token, rev, until }: Recount): Promise<void> {
  const item = await ctx.store.get(ctx.keys.counts(job));
  if (!item || item.recount !== token) return;
  if (item.rev === rev && (await recountJob(ctx, job))) return;
  if (ctx.clock.now() >= until) return;
  const last = await ctx.store.get(ctx.keys.counts(job));
  if (last) await awaitRest(ctx, job, last, until);
}

/** Makes the next message the one that counts, unless another became so since the item was read. */
async function awaitRest(ctx: Context, job: JobRef, { recount, rev }: Item, until: number): Promise<void> {
  const token = ctx.ids.next();
  const set = { recount: token, recountAt: ctx.clock.now() + AT_REST_S * 1000 };
  const when = typeof recount === "string" ? { equals: { recount } } : { absent: ["recount"] };
  const { ok } = await ctx.store.write({ kind: "update", key: ctx.keys.counts(job), set, when });
  if (ok) await ctx.work.send([{ body: { kind: "recount-job", job, token, rev: Number(rev), until }, delaySeconds: AT_REST_S }]);
}
