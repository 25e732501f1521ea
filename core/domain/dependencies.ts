/**
 * What a task waits for, as names. An upstream task is named by its id in lower case. A range of integer ids is named by at most nine stretches of
 * *id blocks*: a block of level 0 has a bit for each of 128 ids, one of level n a bit for each of 128 blocks below it, so a range of any width costs the same.
 * A long list is cut into groups of 25 names, and groups of groups, so that no completion rewrites a long list. Pure.
 */
import type { EntryNeeds } from "./ready.ts";
import type { TaskDependencies, TaskIdRange } from "./specs.ts";

/** Bits of a block. */
export const BLOCK_BITS = 128;
/** Names that a task, or a group, waits for directly. */
export const GROUP_NAMES = 25;
const MOST_ID = 2_147_483_647;

/** Bits `low` to `high` of a block, all of which must be set. */
export interface Stretch {
  readonly level: number;
  readonly index: number;
  readonly low: number;
  readonly high: number;
}

/** Who waits for a name: a task, with what its entry is to say; directly, or through one of its groups. `only`: it waits for nothing else. */
export interface Dependant extends EntryNeeds {
  readonly t: string;
  readonly in?: string;
  readonly only?: true;
}

/** Names of which a task waits for all; itself a name that its parent (another group, or the task) waits for. */
export interface DependencyGroup extends Dependant {
  readonly name: string;
  readonly left: readonly string[];
  readonly rev: number;
}

/** What a task's item says while dependencies block it: a value that changes with every change, and the names where there are several. */
export interface Blocked {
  readonly blocked: string;
  readonly waits?: readonly string[];
}

export interface DependencyPlan {
  readonly fields: Blocked;
  readonly groups: readonly DependencyGroup[];
  readonly edges: readonly { readonly name: string; readonly to: Dependant }[];
}

/** The number that an id is, for ranges: leading zeros do not count. */
export function integerOf(taskId: string): number | undefined {
  if (!/^\d{1,64}$/.test(taskId)) return undefined;
  const number = Number(taskId);
  return number <= MOST_ID ? number : undefined;
}

/** The names of all that a task depends on, each once. */
export function dependencyNames(dependsOn: TaskDependencies | undefined): string[] {
  const ids = new Set((dependsOn?.taskIds ?? []).map((id) => id.toLowerCase()));
  return [
    ...ids,
    ...mergeRanges(dependsOn?.taskIdRanges ?? [])
      .flatMap(coverRange)
      .map(stretchName),
  ];
}

/** What is written for a task that depends on something; undefined where it depends on nothing. `label` is fresh: it tells this task's groups from those of an earlier task of its id. */
export function planDependencies(
  task: { readonly id: string; readonly needs: EntryNeeds; readonly dependsOn: TaskDependencies | undefined },
  label: string,
): DependencyPlan | undefined {
  const names = dependencyNames(task.dependsOn);
  if (names.length === 0) return undefined;
  const self: Dependant = { t: task.id, ...task.needs };
  const [sole] = names;
  if (names.length === 1 && sole !== undefined)
    return { fields: { blocked: soleBlock(sole) }, groups: [], edges: [{ name: sole, to: { ...self, only: true } }] };
  const groups: DependencyGroup[] = [];
  const parents = new Map<string, string>();
  let top = names;
  while (top.length > GROUP_NAMES) {
    const above: string[] = [];
    for (let i = 0; i < top.length; i += GROUP_NAMES) {
      const name = `~${label}.${groups.length}`;
      const left = top.slice(i, i + GROUP_NAMES);
      for (const one of left) parents.set(one, name);
      groups.push({ ...self, name, left, rev: 1 });
      above.push(name);
    }
    top = above;
  }
  const inParent = (name: string) => {
    const parent = parents.get(name);
    return parent === undefined ? self : { ...self, in: parent };
  };
  return {
    fields: { blocked: label, waits: top },
    groups: groups.map((group) => ({ ...group, ...inParent(group.name) })),
    edges: names.map((name) => ({ name, to: inParent(name) })),
  };
}

/** Who waits for a group. */
export function waitsForGroup({ name: _name, left: _left, rev: _rev, ...dependant }: DependencyGroup): Dependant {
  return dependant;
}

/** What the ready entry of a dependant says beside its id and attempt. */
export function needsOf({ t: _t, in: _in, only: _only, ...needs }: Dependant): EntryNeeds {
  return needs;
}

/** What `blocked` says of a task that waits for one name alone. */
export function soleBlock(name: string): string {
  return `=${name}`;
}

/** The names that a blocked task waits for directly. */
export function waitsFor(task: { readonly blocked?: string; readonly waits?: readonly string[] }): readonly string[] {
  return task.waits ?? (task.blocked?.startsWith("=") ? [task.blocked.slice(1)] : []);
}

export function isGroup(name: string): boolean {
  return name.startsWith("~");
}

/** Overlapping and adjacent ranges become one. */
export function mergeRanges(ranges: readonly TaskIdRange[]): TaskIdRange[] {
  const merged: TaskIdRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && range.start <= last.end + 1) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else merged.push({ start: range.start, end: range.end });
  }
  return merged;
}

/** The stretches of blocks that are set throughout exactly when every id of the range is. At most two a level. */
export function coverRange({ start, end }: TaskIdRange): Stretch[] {
  const stretches: Stretch[] = [];
  let [low, high] = [start, end];
  for (let level = 0; ; level++) {
    const [first, last] = [Math.floor(low / BLOCK_BITS), Math.floor(high / BLOCK_BITS)];
    if (first === last) return [...stretches, { level, index: first, low: low % BLOCK_BITS, high: high % BLOCK_BITS }];
    const [cutsFirst, cutsLast] = [low % BLOCK_BITS !== 0, high % BLOCK_BITS !== BLOCK_BITS - 1];
    if (cutsFirst) stretches.push({ level, index: first, low: low % BLOCK_BITS, high: BLOCK_BITS - 1 });
    if (cutsLast) stretches.push({ level, index: last, low: 0, high: high % BLOCK_BITS });
    [low, high] = [cutsFirst ? first + 1 : first, cutsLast ? last - 1 : last];
    if (low > high) return stretches;
  }
}

export function stretchName({ level, index, low, high }: Stretch): string {
  return `${level}:${index}:${low}-${high}`;
}

/** The stretch that a name speaks of; undefined where it is a task's. */
export function stretchOf(name: string): Stretch | undefined {
  const [, level, index, low, high] = /^(\d+):(\d+):(\d+)-(\d+)$/.exec(name) ?? [];
  return high === undefined ? undefined : { level: Number(level), index: Number(index), low: Number(low), high: Number(high) };
}

/** The first and the last id of a stretch. */
export function stretchIds({ level, index, low, high }: Stretch): TaskIdRange {
  const width = BLOCK_BITS ** level;
  const first = index * BLOCK_BITS * width;
  return { start: first + low * width, end: first + (high + 1) * width - 1 };
}

/** The attribute of a block's item that is one of its bits. */
export function bitName(bit: number): string {
  return `b${bit}`;
}

/** Whether a block's item has every bit of the stretch. */
export function isSet(block: { readonly [attribute: string]: unknown } | undefined, low = 0, high: number = BLOCK_BITS - 1): boolean {
  if (!block) return false;
  for (let bit = low; bit <= high; bit++) if (block[bitName(bit)] !== true) return false;
  return true;
}
