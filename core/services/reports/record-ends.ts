import { fromItem } from "../../domain/items.ts";
import { machineIdOf } from "../../domain/node-id.ts";
import type { JobRef } from "../../domain/refs.ts";
import type { Task } from "../../domain/task.ts";
import { measuresOf } from "../../domain/task-measures.ts";
import { failed, givenBack, succeeded } from "../../domain/task-transitions.ts";
import type { NodeEvent } from "../../protocol/messages.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";
import { disband } from "../gangs/disband.ts";
import { brokenGangs, type EndedMember, noteEndedMembers } from "../gangs/record-members.ts";
import type { Tallies } from "../jobs/counts.ts";
import { taskUpdate } from "../tasks/change-task.ts";
import { type Step, takeSteps } from "../tasks/give-back.ts";
import { followEnds } from "./follow-ends.ts";

type EndEvent = Extract<NodeEvent, { kind: "task-finished" | "task-returned" }>;
export interface Ended {
  readonly poolId: string;
  readonly nodeId: string;
  readonly event: EndEvent;
}

/**
 * Records how attempts ended, and does what follows for their jobs and dependants: also of what was recorded before, in case that was cut short there.
 * A success costs one write and no read; anything else reads the task to decide whether it is tried again. Answers the jobs of tasks that were
 * stopped by request: they may have nothing left to wait for.
 */
export async function recordEnds(ctx: Context, ended: readonly Ended[], tallies: Tallies): Promise<{ poolId: string; job: JobRef }[]> {
  const members = ended.filter(isOfMember);
  await noteEndedMembers(
    ctx,
    members.map(({ event }) => ({ ...event, ...(event.kind === "task-finished" ? { end: event.end } : {}) })),
  );
  const broken = await brokenGangs(
    ctx,
    members.filter(({ event }) => event.member.instance > 0),
  );
  const own = ended.filter(({ event }) => (event.member?.instance ?? 0) === 0);
  const latest = new Map(own.map((one) => [`${one.event.task.uid}/${one.event.task.taskId.toLowerCase()}/${one.event.attempt}`, one]));
  const good: Ended[] = [];
  const other: Ended[] = [];
  for (const one of latest.values()) (isSuccess(one.event) ? good : other).push(one);
  const [succeeded, { completed, stopped }] = await Promise.all([
    recordSuccesses(ctx, good, tallies),
    recordOthers(ctx, other, broken, tallies),
  ]);
  await followEnds(ctx, [...succeeded, ...completed]);
  return stopped;
}

function isOfMember(one: Ended): one is Ended & EndedMember {
  return one.event.member !== undefined;
}

function isSuccess(event: EndEvent): boolean {
  return event.kind === "task-finished" && event.end.exitCode === 0 && !event.end.failure;
}

async function recordSuccesses(ctx: Context, good: readonly Ended[], tallies: Tallies): Promise<Task[]> {
  const now = ctx.clock.now();
  const outcomes = await writeAll(
    ctx,
    good.map(({ event, nodeId }) => {
      const holder = machineIdOf(nodeId) ?? "";
      const running = {
        holder,
        jobId: event.task.jobId,
        uid: event.task.uid,
        id: event.task.taskId,
        state: "running",
        attempt: event.attempt,
      } as const;
      return taskUpdate(ctx, running, event.kind === "task-finished" ? succeeded(event.end, now) : {});
    }),
  );
  const completed: Task[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const event = good[index]?.event;
    const task = outcome.item && fromItem<Task>(outcome.item);
    if (!event || !task || !isEndOf(task, event)) continue;
    completed.push(task);
    if (!outcome.ok) continue;
    await disband(ctx, task);
    tallies.moved(event.task, "running", "succeeded", task.spec.requiredSlots);
    tallies.measured(event.task, measuresOf(task), measuresOf({ ...task, state: "running", used: undefined }));
  }
  return completed;
}

/** Whether the task is completed by this very attempt. */
function isEndOf(task: Task, event: EndEvent): boolean {
  return task.state === "completed" && task.attempt === event.attempt;
}

async function recordOthers(
  ctx: Context,
  other: readonly Ended[],
  broken: readonly { readonly one: Ended; readonly task: Task }[],
  tallies: Tallies,
): Promise<{ completed: Task[]; stopped: { poolId: string; job: JobRef }[] }> {
  const now = ctx.clock.now();
  const before: Task[] = [];
  const steps: Step[] = [];
  const stopped = new Map<string, { poolId: string; job: JobRef }>();
  for (const some of slices(other, 100)) {
    const items = await ctx.store.getMany(some.map(({ event }) => ctx.keys.task(event.task)));
    for (const [index, item] of items.entries()) {
      const one = some[index];
      const task = item && fromItem<Task>(item);
      if (one && task && isEndOf(task, one.event)) before.push(task);
      if (!one || !task || task.state !== "running" || task.attempt !== one.event.attempt || task.node?.nodeId !== one.nodeId) continue;
      if (task.stop) stopped.set(task.uid, { poolId: one.poolId, job: { jobId: task.jobId, uid: task.uid } });
      steps.push({ task, ...decide(task, one.event, now) });
    }
  }
  for (const { one, task } of broken) {
    if (task.stop) stopped.set(task.uid, { poolId: one.poolId, job: { jobId: task.jobId, uid: task.uid } });
    steps.push({ task, ...decide(task, one.event, now) });
  }
  const completed = await takeSteps(ctx, steps, tallies);
  return { completed: [...before, ...completed], stopped: [...stopped.values()] };
}

function decide(task: Task, event: EndEvent, now: number): Omit<Step, "task"> {
  if (event.kind === "task-finished") return failed(task, event.end, now);
  const asked = event.why === "requeue" || event.why === "leaving";
  return givenBack(task, asked ? "user" : "service", now);
}
