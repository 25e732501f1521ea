/**
 * The instances of a gang, as items: written after the leases and before the task, so that whoever finds the task running finds all of them; taken away
 * before the leases. An instance that is not `completed` has a lease, whose node will say that it is over, or be lost.
 */
import { toItem } from "../../domain/items.ts";
import type { TaskRef } from "../../domain/refs.ts";
import { COORDINATION_BLOCK, type Coordination, type Member, type Subtask } from "../../domain/subtask.ts";
import type { TaskNode } from "../../domain/task.ts";
import type { Write } from "../../ports/store.ts";
import { groupBy, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

export interface Instance {
  readonly task: TaskRef;
  readonly attempt: number;
  readonly member: Member;
  readonly lease: string;
  readonly node: TaskNode;
}

export async function writeInstances(ctx: Context, instances: readonly Instance[]): Promise<void> {
  const at = new Date(ctx.clock.now()).toISOString();
  const items = instances.map(({ task, attempt, member, lease, node }): Write => {
    const subtask: Subtask = { ...member, node, lease, attempt, state: "running", stateTransitionTime: at, startTime: at };
    return { kind: "insert", item: toItem(ctx.keys.subtask(task, member.gang, member.instance), subtask) };
  });
  const gangs = groupBy(instances, ({ member }) => member.gang);
  await writeAll(ctx, [...items, ...[...gangs.values()].flatMap((gang) => coordination(ctx, gang))]);
}

export async function dropInstances(ctx: Context, instances: readonly Instance[]): Promise<void> {
  const gangs = groupBy(instances, ({ member }) => member.gang);
  await writeAll(ctx, [
    ...instances.map(({ task, member }): Write => ({ kind: "delete", key: ctx.keys.subtask(task, member.gang, member.instance) })),
    ...[...gangs.values()].flatMap((gang) =>
      coordination(ctx, gang).map(({ item: { pk, sk } }): Write => ({ kind: "delete", key: { pk, sk } })),
    ),
  ]);
}

/** An item for each block of instances, and one for the blocks where there are several. */
function coordination(ctx: Context, gang: readonly Instance[]) {
  const [first] = gang;
  if (!first) return [];
  const { task, attempt, member, node } = first;
  const about = { attempt, primary: node.machineId };
  const item = (of: number, block?: number) => {
    const coordination: Coordination = { of, ...about };
    return { kind: "insert" as const, item: toItem(ctx.keys.coordination(task, member.gang, block), coordination) };
  };
  const blocks = Math.ceil(gang.length / COORDINATION_BLOCK);
  const each = Array.from({ length: blocks }, (_, block) =>
    item(Math.min(COORDINATION_BLOCK, gang.length - block * COORDINATION_BLOCK), block),
  );
  return blocks > 1 ? [...each, item(blocks)] : each;
}
