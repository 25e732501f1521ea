/**
 * Takes names off what tasks wait for. Every step removes a name from a set by a conditional write, so that twice is once; a task whose set is empty
 * gets its ready entry first and is unblocked then, so that a crash in between leaves an entry that its task refuses.
 */
import { type Dependant, type DependencyGroup, needsOf, soleBlock, waitsFor, waitsForGroup } from "../../domain/dependencies.ts";
import { Refusal } from "../../domain/errors.ts";
import { fromItem } from "../../domain/items.ts";
import type { Job } from "../../domain/job.ts";
import type { EntryNeeds } from "../../domain/ready.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import type { Item, Outcome, Write } from "../../ports/store.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { entryNeeds } from "../tasks/give-back.ts";
import { noteWaiting, writeReady } from "../tasks/ready-list.ts";

const TRIES = 12;

/** That a dependant waits for this name no more. */
export interface Hit {
  readonly name: string;
  readonly to: Dependant;
}

/** Answers whether a task was unblocked, so that the job's pool should be rung. Throws ServerBusy where others write the same all the time. */
export async function satisfy(ctx: Context, job: Job, hits: readonly Hit[]): Promise<boolean> {
  if (hits.length === 0 || job.state === "terminating" || job.state === "completed" || job.state === "deleting") return false;
  const ofTasks = hits.filter(({ to }) => to.in === undefined);
  let ofGroups = hits.filter(({ to }) => to.in !== undefined);
  while (ofGroups.length > 0) {
    const over = await shrinkGroups(ctx, job, ofGroups);
    ofTasks.push(...over.filter(({ to }) => to.in === undefined));
    ofGroups = over.filter(({ to }) => to.in !== undefined);
  }
  return unblock(ctx, job, ofTasks);
}

/** Takes the names out of their groups; the groups that are empty then are themselves names that are satisfied. */
async function shrinkGroups(ctx: Context, job: Job, hits: readonly Hit[]): Promise<Hit[]> {
  const names = new Map<string, Set<string>>();
  for (const { name, to } of hits) names.set(to.in ?? "", (names.get(to.in ?? "") ?? new Set()).add(name));
  const over: Hit[] = [];
  let open = await readItems(
    ctx,
    [...names.keys()].map((name) => ctx.keys.dependencyGroup(ref(job), name)),
  );
  for (let tries = 0; open.length > 0; tries++) {
    if (tries === TRIES) throw new Refusal("ServerBusy");
    const writes: Write[] = [];
    for (const item of open) {
      const group = fromItem<DependencyGroup>(item);
      const left = group.left.filter((name) => !names.get(group.name)?.has(name));
      // An empty one was emptied by somebody who may have gone no further.
      if (left.length === 0) over.push({ name: group.name, to: waitsForGroup(group) });
      if (left.length < group.left.length) {
        const key = { pk: item.pk, sk: item.sk };
        writes.push({ kind: "update", key, set: { left, rev: group.rev + 1 }, when: { equals: { rev: group.rev } } });
      }
    }
    open = conflicts(await writeAll(ctx, writes));
  }
  return [...new Map(over.map((hit) => [hit.name, hit])).values()];
}

async function unblock(ctx: Context, job: Job, hits: readonly Hit[]): Promise<boolean> {
  const sole = new Map(hits.filter(({ to }) => to.only).map((hit) => [hit.to.t.toLowerCase(), hit]));
  const several = new Map<string, Set<string>>();
  for (const { name, to } of hits) {
    if (to.only) continue;
    const id = to.t.toLowerCase();
    several.set(id, (several.get(id) ?? new Set()).add(name));
  }
  const free = [...sole.values()].map(({ name, to }) => ({ taskId: to.t, needs: needsOf(to), attempt: 0, blocked: soleBlock(name) }));
  await release(ctx, job, free);
  let released = free.length > 0;
  let open = await readItems(
    ctx,
    [...several.keys()].map((taskId) => ctx.keys.task({ ...ref(job), taskId })),
  );
  for (let tries = 0; open.length > 0; tries++) {
    if (tries === TRIES) throw new Refusal("ServerBusy");
    const done: Unblocked[] = [];
    const writes: Write[] = [];
    for (const item of open) {
      const task = fromItem<Task>(item);
      const waits = waitsFor(task);
      const left = waits.filter((name) => !several.get(task.id.toLowerCase())?.has(name));
      if (task.blocked === undefined || left.length === waits.length) continue;
      if (left.length === 0) done.push({ taskId: task.id, needs: entryNeeds(task), attempt: task.attempt, blocked: task.blocked });
      else
        writes.push({
          kind: "update",
          key: { pk: item.pk, sk: item.sk },
          set: { waits: left, blocked: ctx.ids.next() },
          when: { equals: { blocked: task.blocked } },
        });
    }
    released ||= done.length > 0;
    open = [...(await release(ctx, job, done)), ...conflicts(await writeAll(ctx, writes))];
  }
  return released;
}

interface Unblocked {
  readonly taskId: string;
  readonly needs: EntryNeeds;
  readonly attempt: number;
  /** What its item says; it is unblocked on that condition. */
  readonly blocked: string;
}

/** Answers the items that were otherwise. */
async function release(ctx: Context, job: Job, tasks: readonly Unblocked[]): Promise<Item[]> {
  if (tasks.length === 0) return [];
  await writeReady(
    ctx,
    job,
    tasks.map(({ taskId, needs, attempt }) => ({ t: taskId, k: attempt, ...needs })),
  );
  await noteWaiting(ctx, job);
  const outcomes = await writeAll(
    ctx,
    tasks.map(({ taskId, blocked }) => ({
      kind: "update",
      key: ctx.keys.task({ ...ref(job), taskId }),
      remove: ["blocked", "waits"],
      when: { equals: { blocked } },
    })),
  );
  return conflicts(outcomes);
}

/** Items whose writes came too late: to be looked at again. What is not there any more needs nothing. */
function conflicts(outcomes: readonly Outcome[]): Item[] {
  return outcomes.flatMap((outcome) => (!outcome.ok && outcome.reason === "condition" && outcome.item ? [outcome.item] : []));
}

/** The items that are there. */
export async function readItems(ctx: Context, keys: readonly { pk: string; sk: string }[]): Promise<Item[]> {
  const pages = await Promise.all(slices(keys, 100).map((some) => ctx.store.getMany(some)));
  return pages.flat().filter((item) => item !== undefined);
}

function ref(job: Job): JobRef {
  return { jobId: job.id, uid: job.uid };
}
