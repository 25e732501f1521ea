import type { TaskOrder } from "../core/protocol/messages.ts";

/** Messages come late or twice within minutes; so much is remembered of what is done with. */
const REMEMBERED_TASKS = 5_000;
const REMEMBERED_LEASES = 2_000;

interface Named {
  readonly task: { readonly uid: string; readonly taskId: string };
  readonly attempt: number;
  readonly member?: { readonly gang: string };
  readonly multi?: { readonly gang: string };
}

/** Names one attempt of one task; of a multi-instance task, one gang of it: nodes may be told of one that was never given the attempt. */
export function attemptKey({ task, attempt, member, multi }: Named): string {
  const gang = (member ?? multi)?.gang;
  return `${task.uid}/${task.taskId}/${attempt}${gang === undefined ? "" : `/${gang}`}`;
}

/** Which attempts arrived in which lease, so that each runs once and each lease is reported done once. */
export class Leases {
  /** The newest lease that arrived. */
  newest: string | undefined;
  private readonly open = new Map<string, number>();
  private readonly leasesOf = new Map<string, string[]>();
  private readonly pastTasks = new Recent(REMEMBERED_TASKS);
  private readonly pastLeases = new Recent(REMEMBERED_LEASES);

  /** The orders that were never seen before. `done`: the lease holds nothing that is still to be reported. */
  arrived(lease: string, orders: readonly TaskOrder[]): { fresh: TaskOrder[]; done: boolean } {
    if (this.open.has(lease) || this.pastLeases.has(lease)) return { fresh: [], done: false };
    this.newest = lease;
    const fresh: TaskOrder[] = [];
    let unreported = 0;
    for (const order of orders) {
      const key = attemptKey(order);
      if (this.pastTasks.has(key)) continue;
      const leases = this.leasesOf.get(key);
      if (leases?.includes(lease)) continue;
      unreported++;
      if (leases !== undefined) leases.push(lease);
      else {
        this.leasesOf.set(key, [lease]);
        fresh.push(order);
      }
    }
    if (unreported > 0) this.open.set(lease, unreported);
    else this.pastLeases.add(lease);
    return { fresh, done: unreported === 0 };
  }

  /** An attempt has been reported on: the leases that are done with it. */
  reported(key: string): string[] {
    const done: string[] = [];
    for (const lease of this.leasesOf.get(key) ?? []) {
      const left = (this.open.get(lease) ?? 1) - 1;
      if (left > 0) this.open.set(lease, left);
      else {
        this.open.delete(lease);
        this.pastLeases.add(lease);
        done.push(lease);
      }
    }
    this.leasesOf.delete(key);
    this.pastTasks.add(key);
    return done;
  }

  /** Whether an attempt has been here and was reported on. */
  isPast(key: string): boolean {
    return this.pastTasks.has(key);
  }

  held(): string[] {
    return [...this.open.keys()];
  }
}

/** The last so many values that were added. */
export class Recent {
  private readonly values = new Set<string>();
  constructor(private readonly limit: number) {}

  has(value: string): boolean {
    return this.values.has(value);
  }

  add(value: string): void {
    this.values.add(value);
    if (this.values.size <= this.limit) return;
    for (const oldest of this.values) {
      this.values.delete(oldest);
      return;
    }
  }
}
