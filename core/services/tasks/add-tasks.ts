import { dependencyNames, planDependencies } from "../../domain/dependencies.ts";
import { invalidProperty, Refusal } from "../../domain/errors.ts";
import { givenOptions } from "../../domain/exit-conditions.ts";
import { fromItem, toItem } from "../../domain/items.ts";
import { type Job, poolOf } from "../../domain/job.ts";
import { newTask } from "../../domain/new-task.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { TaskSpec } from "../../domain/specs.ts";
import type { Task } from "../../domain/task.ts";
import { taskRef } from "../../domain/task-transitions.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { writeEdges } from "../dependencies/edges.ts";
import { recheckBlocked } from "../dependencies/recheck.ts";
import { Tallies } from "../jobs/counts.ts";
import { refuseEnded } from "../jobs/end-job.ts";
import { endedMeanwhile } from "../jobs/ended-meanwhile.ts";
import { getJob } from "../jobs/read-jobs.ts";
import { ring } from "../ring.ts";
import { entryNeeds, readyEntry } from "./give-back.ts";
import { noteWaiting, writeReady } from "./ready-list.ts";

export type AddOutcome = { readonly task: Task } | { readonly refusal: Refusal };

/**
 * Adds tasks, each by itself: one that is there already is refused (TaskExists), as is one that asks for what its job does not do, and the others are
 * added. Refuses them all where the job takes none.
 */
export async function addTasks(ctx: Context, jobId: string, specs: readonly TaskSpec[]): Promise<AddOutcome[]> {
  const job = await getJob(ctx, jobId);
  refuseEnded(job);
  const refusals = specs.map((spec) => refusalOf(job, spec));
  const outcomes = await addChecked(
    ctx,
    job,
    specs.filter((_, index) => !refusals[index]),
  );
  return refusals.map((refusal) => (refusal ? { refusal } : (outcomes.shift() as AddOutcome)));
}

async function addChecked(ctx: Context, job: Job, specs: readonly TaskSpec[]): Promise<AddOutcome[]> {
  if (specs.length === 0) return [];
  const plans = specs.map((spec) =>
    planDependencies({ id: spec.id, needs: entryNeeds({ spec }), dependsOn: spec.dependsOn }, ctx.ids.next()),
  );
  const tasks = specs.map((spec, index) => newTask(ctx.clock.now(), job, spec, plans[index]?.fields));
  const free = tasks.filter((task) => task.blocked === undefined);
  // Counted first, and the refused taken off again: whatever cuts this short leaves counts that changed, which a sweep holds against the items.
  const added = new Tallies();
  for (const task of tasks) added.moved(ref(job), undefined, "active", task.spec.requiredSlots);
  await Promise.all([
    added.save(ctx),
    writeReady(ctx, job, free.map(readyEntry)),
    writeEdges(
      ctx,
      ref(job),
      plans.filter((plan) => plan !== undefined),
    ),
  ]);
  const [outcomes] = await Promise.all([
    writeAll(
      ctx,
      tasks.map((task) => ({ kind: "insert", item: toItem(ctx.keys.task({ ...ref(job), taskId: task.id }), task) })),
    ),
    ...(free.length > 0 ? [noteWaiting(ctx, job)] : []),
  ]);
  const refused = new Tallies();
  const results = tasks.map((task, index): AddOutcome => {
    if (outcomes[index]?.ok) return { task };
    refused.moved(ref(job), "active", undefined, task.spec.requiredSlots);
    return { refusal: new Refusal("TaskExists") };
  });
  if (job.spec.onAllTasksComplete === "terminatejob") {
    const ended = await endedMeanwhile(ctx, ref(job));
    if (ended) {
      await takeBack(
        ctx,
        results.flatMap((result) => ("task" in result ? [result.task] : [])),
        refused,
      );
      throw ended;
    }
  }
  const released = await recheckAdded(ctx, job, tasks, results);
  await Promise.all([refused.save(ctx), ...(free.length > 0 || released ? [ring(ctx, { pool: { poolId: poolOf(job) } })] : [])]);
  return results;
}

/** Tasks that came too late for their job go again, but for those that run by now. */
async function takeBack(ctx: Context, tasks: readonly Task[], tallies: Tallies): Promise<void> {
  const outcomes = await writeAll(
    ctx,
    tasks.map((task) => ({ kind: "delete", key: ctx.keys.task(taskRef(task)), when: { equals: { state: "active", attempt: 0 } } })),
  );
  for (const [index, task] of tasks.entries()) if (outcomes[index]?.ok) tallies.moved(task, "active", undefined, task.spec.requiredSlots);
  await tallies.save(ctx);
}

/**
 * What the blocked ones wait for may have ended before they were there to be found. One that was there already may come from a request that was cut
 * short before it had looked.
 */
async function recheckAdded(ctx: Context, job: Job, tasks: readonly Task[], results: readonly AddOutcome[]): Promise<boolean> {
  const blocked = tasks.filter((task, index) => task.blocked !== undefined && "task" in (results[index] as AddOutcome));
  const existing = tasks.filter((task, index) => task.blocked !== undefined && !("task" in (results[index] as AddOutcome)));
  for (const some of slices(existing, 100)) {
    const items = await ctx.store.getMany(some.map((task) => ctx.keys.task({ ...ref(job), taskId: task.id })));
    blocked.push(...items.flatMap((item) => (item?.blocked === undefined ? [] : [fromItem<Task>(item)])));
  }
  return recheckBlocked(ctx, job, blocked);
}

/** What a task asks for that its job must allow. */
function refusalOf(job: Job, { id, dependsOn, exitConditions }: TaskSpec): Refusal | undefined {
  const { jobPreparationTask, jobReleaseTask } = job.spec;
  if (isSameId(id, jobPreparationTask?.id)) return new Refusal("TaskIdSameAsJobPreparationTask");
  if (isSameId(id, jobReleaseTask?.id)) return new Refusal("TaskIdSameAsJobReleaseTask");
  if (!job.spec.usesTaskDependencies && dependencyNames(dependsOn).length > 0) return new Refusal("TaskDependenciesNotSpecifiedOnJob");
  for (const { path, options } of givenOptions(exitConditions)) {
    if (options.dependencyAction !== undefined && !job.spec.usesTaskDependencies) {
      return invalidProperty(`${path}.dependencyAction`, options.dependencyAction, "The job does not use task dependencies.");
    }
    if (options.jobAction !== undefined && job.spec.onTaskFailure === "noaction") {
      return invalidProperty(
        `${path}.jobAction`,
        options.jobAction,
        "The job's onTaskFailure must be performexitoptionsjobaction for this.",
      );
    }
  }
  return undefined;
}

function isSameId(id: string, other: string | undefined): boolean {
  return id.toLowerCase() === other?.toLowerCase();
}

function ref(job: Job): JobRef {
  return { jobId: job.id, uid: job.uid };
}
