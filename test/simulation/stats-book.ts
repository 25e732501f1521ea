/** What jobs and pools used, held against the account's statistics when all of them are gone. */
import type { Item } from "../../core/ports/store.ts";
import { type JobStats, NO_STATS, statsOfCounts } from "../../core/services/stats/job-measures.ts";

const NAMES = Object.keys(NO_STATS) as (keyof JobStats)[];

export class StatsBook {
  private readonly gone: Record<keyof JobStats, number> = { ...NO_STATS };

  /** To be told of every write that took effect. */
  wrote(before: Item | undefined, after: Item | undefined): void {
    if (after || before?.sk !== "counts") return;
    const stats = statsOfCounts(before);
    for (const name of NAMES) this.gone[name] += stats[name];
  }

  /** What is wrong, or nothing. */
  differs(items: readonly Item[]): string | undefined {
    const lifetime = (kind: string) => items.find((item) => item.pk.startsWith("stats#") && item.sk === kind);
    const jobs = lifetime("jobs");
    for (const name of NAMES) {
      if (Number(jobs?.[name] ?? 0) !== this.gone[name]) return `all jobs had ${name} ${this.gone[name]}, the account has ${jobs?.[name]}`;
    }
    const pools = lifetime("pools");
    const whole = Number(pools?.dedicated ?? 0) + Number(pools?.lowPriority ?? 0);
    const parts = items.filter((item) => item.pk.startsWith("usage#")).reduce((sum, { coreMs }) => sum + Number(coreMs), 0);
    return whole === parts ? undefined : `pools used ${whole} core-milliseconds, their intervals have ${parts}`;
  }
}
