import { attributes, fromItem } from "../../domain/items.ts";
import type { TaskRef } from "../../domain/refs.ts";
import type { Member, Subtask } from "../../domain/subtask.ts";
import type { Task } from "../../domain/task.ts";
import type { NodeEvent, TaskEnd } from "../../protocol/messages.ts";
import { slices, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

type EndEvent = Extract<NodeEvent, { kind: "task-finished" | "task-returned" }>;
export interface EndedMember<E extends EndEvent = EndEvent> {
  readonly poolId: string;
  readonly nodeId: string;
  readonly event: E & { readonly member: Member };
}

/** Notes of instances that nothing of them runs any more, and how each ended, where that is known; nothing of one that was taken away. Once is as good as twice. */
export async function noteEndedMembers(
  ctx: Context,
  ended: readonly { readonly task: TaskRef; readonly member: Member; readonly end?: TaskEnd }[],
): Promise<void> {
  const now = new Date(ctx.clock.now()).toISOString();
  await writeAll(
    ctx,
    ended.map(({ task, member, end }) => {
      const changes: Partial<Subtask> = {
        state: "completed",
        stateTransitionTime: now,
        previousState: "running",
        ...(end ? endOf(end) : { endTime: now }),
      };
      const key = ctx.keys.subtask(task, member.gang, member.instance);
      return { kind: "update", key, set: attributes(changes), when: { equals: { state: "running" } } };
    }),
  );
}

function endOf({ startTime, endTime, exitCode, failure }: TaskEnd): Partial<Subtask> {
  return {
    startTime,
    endTime,
    previousStateTransitionTime: startTime,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(failure ? { failure } : {}),
    result: exitCode === 0 && !failure ? "success" : "failure",
  };
}

/**
 * The tasks that have lost an instance other than their primary, and by which event: one that failed, or was given back, takes the whole attempt with
 * it. What is said of an older attempt is nobody's business any more, and an instance that ends well was told to.
 */
export async function brokenGangs<E extends EndedMember>(ctx: Context, ended: readonly E[]): Promise<{ one: E; task: Task }[]> {
  const breaking = ended.filter(
    ({ event }) => event.kind === "task-returned" || event.end.failure !== undefined || event.end.exitCode !== 0,
  );
  const broken = new Map<string, { one: E; task: Task }>();
  for (const some of slices(breaking, 100)) {
    const items = await ctx.store.getMany(some.map(({ event }) => ctx.keys.task(event.task)));
    for (const [index, item] of items.entries()) {
      const one = some[index];
      const task = item && fromItem<Task>(item);
      if (one && task && isMemberOf(task, one.event.attempt, one.event.member) && !broken.has(task.gang ?? ""))
        broken.set(task.gang ?? "", { one, task });
    }
  }
  return [...broken.values()];
}

/** Whether the task runs, at this attempt, in this very gang. */
export function isMemberOf(task: Pick<Task, "state" | "attempt" | "gang">, attempt: number, member: Member): boolean {
  return (task.state === "running" || task.state === "preparing") && task.attempt === attempt && task.gang === member.gang;
}
