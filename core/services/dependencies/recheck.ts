import {
  type Dependant,
  type DependencyGroup,
  isGroup,
  stretchName,
  stretchOf,
  waitsFor,
  waitsForGroup,
} from "../../domain/dependencies.ts";
import { satisfiesDependants } from "../../domain/exit-conditions.ts";
import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import type { Context } from "../context.ts";
import { entryNeeds } from "../tasks/give-back.ts";
import { watchBits } from "./id-blocks.ts";
import { readTogether } from "./read-together.ts";
import { type Hit, readItems, satisfy } from "./satisfy.ts";

/**
 * Looks whether what these blocked tasks wait for is over already, and unblocks those that wait for nothing more. Done after a blocked task was written,
 * since an upstream that ended before did not find it; and again wherever a step may have been cut short. Answers whether a task was unblocked.
 */
export async function recheckBlocked(ctx: Context, job: Job, blocked: readonly Task[]): Promise<boolean> {
  if (blocked.length === 0) return false;
  const ref = { jobId: job.id, uid: job.uid };
  const { leaves, empty } = await leavesOf(ctx, ref, blocked);
  const over = await satisfiedNames(ctx, ref, new Set(leaves.map(({ name }) => name)));
  return satisfy(ctx, job, [...empty, ...leaves.filter(({ name }) => over.has(name))]);
}

/** Everything that the tasks wait for, through all groups; and the groups that are empty already. */
async function leavesOf(ctx: Context, ref: JobRef, tasks: readonly Task[]): Promise<{ leaves: Hit[]; empty: Hit[] }> {
  const leaves: Hit[] = [];
  const empty: Hit[] = [];
  let open: Hit[] = tasks.flatMap((task) => waitsFor(task).map((name) => ({ name, to: dependant(task) })));
  while (open.length > 0) {
    leaves.push(...open.filter(({ name }) => !isGroup(name)));
    const keys = open.filter(({ name }) => isGroup(name)).map(({ name }) => ctx.keys.dependencyGroup(ref, name));
    const groups = (await readItems(ctx, keys)).map((item) => fromItem<DependencyGroup>(item));
    open = groups.flatMap((group) => group.left.map((name) => ({ name, to: { ...waitsForGroup(group), in: group.name } })));
    for (const group of groups) if (group.left.length === 0) empty.push({ name: group.name, to: waitsForGroup(group) });
  }
  return { leaves, empty };
}

/** Which of the names are satisfied: of tasks by their own items, of stretches by their blocks. */
async function satisfiedNames(ctx: Context, ref: JobRef, names: ReadonlySet<string>): Promise<Set<string>> {
  const ids = [...names].filter((name) => !stretchOf(name));
  const upstreams = await readTogether(
    ctx,
    ids.map((taskId) => ctx.keys.task({ ...ref, taskId })),
  );
  const over = new Set(upstreams.filter((item) => satisfiesDependants(fromItem<Task>(item))).map((item) => item.sk));
  const stretches = [...names].flatMap((name) => stretchOf(name) ?? []);
  const set = await watchBits(ctx, ref, stretches);
  for (const stretch of stretches) if (set.has(stretchName(stretch))) over.add(stretchName(stretch));
  return over;
}

function dependant(task: Task): Dependant {
  return { t: task.id, ...entryNeeds(task), ...(task.waits === undefined ? { only: true as const } : {}) };
}
