import { bitName, type DependencyGroup, isGroup, stretchIds, stretchOf, waitsFor } from "../../domain/dependencies.ts";
import { fromItem } from "../../domain/items.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import type { Blocker } from "../../scheduling/explain.ts";
import type { Context } from "../context.ts";
import { readItems } from "../dependencies/satisfy.ts";

/** So many of what a task waits for are looked at and told. */
const MOST_BLOCKERS = 25;
/** So many tasks are followed in search of a circle. */
const MOST_FOLLOWED = 100;

interface Found {
  readonly blocker: Blocker;
  readonly task?: Task;
}

/** The first of what a blocked task waits for, and a circle that it is in or behind, where one is found within 100 tasks. */
export async function findBlockers(ctx: Context, ref: JobRef, task: Task): Promise<{ blockers: Blocker[]; cycle?: string[] }> {
  if (task.blocked === undefined) return { blockers: [] };
  const found = await blockersOf(ctx, ref, task);
  const cycle = await findCycle(ctx, ref, task, found);
  return { blockers: found.map(({ blocker }) => blocker), ...(cycle ? { cycle } : {}) };
}

async function findCycle(ctx: Context, ref: JobRef, start: Task, first: readonly Found[]): Promise<string[] | undefined> {
  const seen = new Set<string>();
  const path: string[] = [];
  const visit = async (task: Task, found: readonly Found[]): Promise<string[] | undefined> => {
    const id = task.id.toLowerCase();
    if (path.includes(id)) return path.slice(path.indexOf(id));
    if (seen.has(id) || seen.size >= MOST_FOLLOWED) return undefined;
    seen.add(id);
    path.push(id);
    for (const { task: next } of found) {
      if (next?.blocked === undefined) continue;
      const cycle = await visit(next, path.includes(next.id.toLowerCase()) ? [] : await blockersOf(ctx, ref, next));
      if (cycle) return cycle;
    }
    path.pop();
    return undefined;
  };
  return visit(start, first);
}

async function blockersOf(ctx: Context, ref: JobRef, task: Task): Promise<Found[]> {
  const names = await leafNames(ctx, ref, task);
  const ids: string[] = [];
  const found: Found[] = [];
  for (const name of names) {
    const stretch = stretchOf(name);
    if (!stretch) ids.push(name);
    else if (stretch.level > 0) found.push({ blocker: { range: stretchIds(stretch), state: "missing" } });
    else {
      const block = await ctx.store.get(ctx.keys.idBlock(ref, stretch.level, stretch.index));
      const { start } = stretchIds(stretch);
      for (let bit = stretch.low; bit <= stretch.high; bit++)
        if (block?.[bitName(bit)] !== true) ids.push(String(start + bit - stretch.low));
    }
  }
  const some = ids.slice(0, MOST_BLOCKERS);
  const items = await readItems(
    ctx,
    some.map((taskId) => ctx.keys.task({ ...ref, taskId })),
  );
  const tasks = new Map(items.map((item) => [item.sk, fromItem<Task>(item)]));
  return [...some.map((id): Found => ofTask(id, tasks.get(id))), ...found].slice(0, MOST_BLOCKERS);
}

function ofTask(id: string, task: Task | undefined): Found {
  if (!task) return { blocker: { taskId: id, state: "missing" } };
  const over = task.result === "success" ? "ended" : "failed";
  return { blocker: { taskId: task.id, state: task.state === "completed" ? over : task.state }, task };
}

/** Names of tasks and stretches, through the groups, as far as they are told. */
async function leafNames(ctx: Context, ref: JobRef, task: Task): Promise<string[]> {
  const leaves: string[] = [];
  let open = [...waitsFor(task)];
  while (open.length > 0 && leaves.length < MOST_BLOCKERS) {
    leaves.push(...open.filter((name) => !isGroup(name)));
    const groups = open.filter(isGroup).slice(0, MOST_BLOCKERS);
    const items = await readItems(
      ctx,
      groups.map((name) => ctx.keys.dependencyGroup(ref, name)),
    );
    open = items.flatMap((item) => fromItem<DependencyGroup>(item).left);
  }
  return leaves.slice(0, MOST_BLOCKERS);
}
