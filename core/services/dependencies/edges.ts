/**
 * Who waits for what. An edge is written before the task that waits, and never taken back: it says whom to look at when its upstream is over, and
 * the task's own item says whether it still waits for that name.
 */
import { type Dependant, type DependencyGroup, type DependencyPlan, stretchOf } from "../../domain/dependencies.ts";
import { toItem } from "../../domain/items.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Value, Write } from "../../ports/store.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

/** Dependants in one edge item: about 1 KB. */
const EDGE_DEPENDANTS = 25;

/** Some of those that wait for one name. */
export interface Edge {
  readonly name: string;
  readonly to: readonly Dependant[];
}

/** Where the edges of a name lie: a task's under its id; a stretch's with its block, so that one query finds all that wait for any part of it. */
export function edgesOf(ctx: Context, job: JobRef, name: string): { pk: string; prefix: string } {
  const stretch = stretchOf(name);
  if (!stretch) return ctx.keys.dependants(job, name);
  const { pk, prefix } = ctx.keys.blockWatchers(job, stretch.level, stretch.index);
  return { pk, prefix: `${prefix}${stretch.low}-${stretch.high}#` };
}

/** Writes the edges and groups of tasks that are about to be added: as few edge items as there are different names, or more where many wait for one. */
export async function writeEdges(ctx: Context, job: JobRef, plans: readonly DependencyPlan[]): Promise<void> {
  const byName = new Map<string, Dependant[]>();
  const groups: DependencyGroup[] = [];
  for (const plan of plans) {
    groups.push(...plan.groups);
    for (const { name, to } of plan.edges) {
      const known = byName.get(name);
      if (known) known.push(to);
      else byName.set(name, [to]);
    }
  }
  const edges = [...byName].flatMap(([name, dependants]) => {
    const { pk, prefix } = edgesOf(ctx, job, name);
    return slices(dependants, EDGE_DEPENDANTS).map((to): Write => {
      const value = to.map((one) => ({ ...one }) as unknown as Value);
      return { kind: "insert", item: { pk, sk: prefix + ctx.ids.next(), name, to: value } };
    });
  });
  await writeAll(ctx, [
    ...groups.map((group): Write => ({ kind: "insert", item: toItem(ctx.keys.dependencyGroup(job, group.name), group) })),
    ...edges,
  ]);
}
