/**
 * When every instance has coordinated, the primary may begin. Each says so by an attribute of its block's item, each full block by an attribute of the gang's:
 * one write an instance, that may be repeated, whatever came before it.
 */
import { fromItem } from "../../domain/items.ts";
import { COORDINATION_BLOCK, type Coordination } from "../../domain/subtask.ts";
import type { Item, Key, Write } from "../../ports/store.ts";
import type { Coordinated } from "../../protocol/multi-instance.ts";
import { groupBy, writeAll } from "../batches.ts";
import type { Context } from "../context.ts";

type Group = readonly [Coordinated, ...Coordinated[]];

/** Of a gang that is gone nothing is recorded. */
export async function recordCoordinated(ctx: Context, events: readonly Coordinated[]): Promise<void> {
  const blocks = groupsOf(events, ({ member }) => `${member.gang}/${blockOf(member.instance)}`);
  const noted = await note(
    ctx,
    blocks.map((group) => ({
      key: ctx.keys.coordination(group[0].task, group[0].member.gang, blockOf(group[0].member.instance)),
      places: group.map(({ member }) => member.instance % COORDINATION_BLOCK),
    })),
  );
  const full = blocks.filter((_, index) => isFull(noted[index]));
  const gangs = groupsOf(
    full.map(([event]) => event),
    ({ member }) => member.gang,
  );
  const tops = await note(
    ctx,
    gangs.map((group) => ({
      key: ctx.keys.coordination(group[0].task, group[0].member.gang),
      places: group.map(({ member }) => blockOf(member.instance)),
    })),
  );
  for (const [index, [{ task, attempt, member }]] of gangs.entries()) {
    // A gang of one block has no item for its blocks.
    const last = tops[index] ?? noted[blocks.findIndex(([event]) => event.member.gang === member.gang)];
    if (last && isFull(last)) await ctx.nodes.send(fromItem<Coordination>(last).primary, [{ kind: "begin", task, attempt }]);
  }
}

function blockOf(instance: number): number {
  return Math.floor(instance / COORDINATION_BLOCK);
}

/** Answers the items as they are then; nothing where there is none. */
async function note(
  ctx: Context,
  notes: readonly { readonly key: Key; readonly places: readonly number[] }[],
): Promise<(Item | undefined)[]> {
  const outcomes = await writeAll(
    ctx,
    notes.map(({ key, places }): Write => ({ kind: "update", key, set: Object.fromEntries(places.map((place) => [`c${place}`, true])) })),
  );
  return outcomes.map((outcome) => (outcome.ok ? outcome.item : undefined));
}

function isFull(item: Item | undefined): boolean {
  if (!item) return false;
  const { of } = fromItem<Coordination>(item);
  return Array.from({ length: of }, (_, place) => item[`c${place}`]).every((there) => there === true);
}

function groupsOf(events: readonly Coordinated[], name: (event: Coordinated) => string): Group[] {
  return [...groupBy(events, name).values()].flatMap(([first, ...others]) => (first ? [[first, ...others] as const] : []));
}
