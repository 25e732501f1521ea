/**
 * Running tasks that go back to waiting. The entry for the next attempt is written before the step back, so that a crash in between leaves an
 * entry that waits for its task, never a task that waits without an entry.
 */
import { fromItem } from "../../domain/items.ts";
import type { EntryNeeds, ReadyEntry } from "../../domain/ready.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import { measuresOf } from "../../domain/task-measures.ts";
import type { TaskChanges } from "../../domain/task-transitions.ts";
import { writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { disband } from "../gangs/disband.ts";
import { countedAs, type Tallies } from "../jobs/counts.ts";
import { currentJob } from "../jobs/current-job.ts";
import { taskUpdate } from "./change-task.ts";
import { noteWaiting, writeReady } from "./ready-list.ts";

/** A task that was read, and what becomes of it. */
export interface Step {
  readonly task: Task;
  readonly again: boolean;
  readonly changes: TaskChanges;
}

/** The node that an affinity id speaks of, in lower case: `TVM:<node id>`. */
function preferredNode(affinityId: string | undefined): string | undefined {
  return /^tvm:(.+)$/.exec(affinityId?.toLowerCase() ?? "")?.[1];
}

export function readyEntry(task: Task): ReadyEntry {
  return { t: task.id, k: task.attempt, ...entryNeeds(task) };
}

export function entryNeeds(task: Pick<Task, "spec" | "manager">): EntryNeeds {
  const slots = task.spec.requiredSlots;
  const preferred = preferredNode(task.spec.affinityInfo?.affinityId);
  return {
    ...(slots === 1 ? {} : { s: slots }),
    ...(preferred ? { n: preferred } : {}),
    ...(task.manager ? { m: 1 as const } : {}),
    ...(task.manager?.exclusive ? { x: 1 as const } : {}),
    ...(task.manager?.dedicated ? { d: 1 as const } : {}),
    ...(task.spec.multiInstanceSettings ? { i: task.spec.multiInstanceSettings.numberOfInstances } : {}),
  };
}

/** Takes steps away from running: entries first, then the tasks, each on condition. What moved on meanwhile is left alone. Answers the tasks that are completed now. */
export async function takeSteps(ctx: Context, steps: readonly Step[], tallies: Tallies): Promise<Task[]> {
  const again = steps.filter((step) => step.again).map((step) => step.task);
  await Promise.all([...groupByJob(again).values()].map((tasks) => prepareEntries(ctx, tasks)));
  const outcomes = await writeAll(
    ctx,
    steps.map((step) => taskUpdate(ctx, step.task, step.changes)),
  );
  const completed: Task[] = [];
  const moved: Task[] = [];
  outcomes.forEach((outcome, index) => {
    const step = steps[index];
    if (!outcome.ok || !outcome.item || !step) return;
    const task = fromItem<Task>(outcome.item);
    tallies.moved(step.task, countedAs(step.task), countedAs(task), step.task.spec.requiredSlots);
    tallies.measured(step.task, measuresOf(task), measuresOf(step.task));
    if (task.state === "completed") completed.push(task);
    moved.push(task);
  });
  for (const task of moved) await disband(ctx, task);
  return completed;
}

async function prepareEntries(ctx: Context, tasks: readonly Task[]): Promise<void> {
  const first = tasks[0];
  if (!first) return;
  const job = await currentJob(ctx, first);
  if (!job) return;
  await writeReady(ctx, job, tasks.map(readyEntry));
  await noteWaiting(
    ctx,
    job,
    tasks.some((task) => task.manager),
  );
}

export function groupByJob<T extends JobRef>(list: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) groups.set(one.uid, [...(groups.get(one.uid) ?? []), one]);
  return groups;
}
