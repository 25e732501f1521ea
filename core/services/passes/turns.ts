/**
 * Whose turn it is among jobs of equal priority: the pool remembers, by priority, which job was served last, and the next pass begins behind it. So jobs that
 * wait all the time start as many tasks each, to within one. One small write a pass, and none where no two jobs compete.
 */
import type { Job } from "../../domain/job.ts";
import type { Pool } from "../../domain/pool.ts";
import type { WaitingJob } from "../../domain/ready.ts";
import type { Item } from "../../ports/store.ts";
import type { Context } from "../context.ts";

const MOST_PRIORITIES = 20;

/** The place, among notes in the order of their jobs' uids, of the one whose turn it is. */
export function firstInTurn(pool: Pool, notes: readonly Item[]): number {
  const [note] = notes;
  const last = note && pool.turns?.find(({ priority }) => priority === note.priority)?.uid;
  if (last === undefined) return 0;
  const next = notes.findIndex((one) => String(one.uid) > last);
  return next < 0 ? 0 : next;
}

interface Demand {
  readonly supply: { readonly job: Job };
}

/** Remembers who was served last, in the order of the demands, at the priorities at which several jobs wait. */
export async function rememberTurns<D extends Demand>(
  ctx: Context,
  pool: Pool,
  waiting: { readonly demands: readonly D[]; readonly contended: ReadonlySet<number> },
  plan: ReadonlyMap<string, readonly D[]>,
): Promise<void> {
  const placed = new Set([...plan.values()].flat());
  const served = new Map<number, string>();
  for (const demand of waiting.demands) {
    const { uid, spec } = demand.supply.job;
    if (placed.has(demand) && waiting.contended.has(spec.priority)) served.set(spec.priority, uid);
  }
  if (served.size === 0) return;
  const others = (pool.turns ?? []).filter(({ priority }) => !served.has(priority));
  const turns: Pick<WaitingJob, "priority" | "uid">[] = [...served].map(([priority, uid]) => ({ priority, uid }));
  await ctx.store.write({ kind: "update", key: ctx.keys.pool(pool.id), set: { turns: [...turns, ...others].slice(0, MOST_PRIORITIES) } });
}
