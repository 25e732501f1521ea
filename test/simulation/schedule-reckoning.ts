/** What must hold of schedules, and of pools that were made for jobs, when all is calm: each answers what is wrong, or nothing. */
import { fromItem } from "../../core/domain/items.ts";
import { type Job, poolOf } from "../../core/domain/job.ts";
import type { Pool } from "../../core/domain/pool.ts";
import type { Schedule } from "../../core/domain/schedule.ts";
import { planRun } from "../../core/scheduling/plan-run.ts";
import type { Cluster } from "./cluster.ts";

/** So long after it was due, a job is late. */
const LATE_MS = 20_000;

interface Everything {
  readonly jobs: readonly Job[];
  readonly pools: readonly Pool[];
  readonly schedules: readonly Schedule[];
}

function everything(cluster: Cluster): Everything {
  const items = cluster.store.inner.dump();
  const all = <T>(prefix: string) => items.filter(({ sk }) => sk.startsWith(prefix)).map((item) => fromItem<T>(item));
  return { jobs: all("job#"), pools: all("pool#"), schedules: all("schedule#") };
}

/** Every job that goes on has its pool, and every pool that was made for a job or a schedule has it still. */
export function strayPools(cluster: Cluster): string | undefined {
  const { jobs, pools, schedules } = everything(cluster);
  const ended = ["terminating", "completed", "deleting"];
  for (const job of jobs) {
    if (job.autoPoolId === undefined || ended.includes(job.state)) continue;
    if (!pools.some((pool) => pool.id === poolOf(job))) return `job ${job.id} is ${job.state} without its pool`;
  }
  for (const { id, autoPoolOf: owner } of pools) {
    if (!owner) continue;
    const job = jobs.find(({ uid }) => uid === owner.uid);
    const schedule = schedules.find(({ uid }) => uid === owner.uid);
    const used = owner.kind === "job" ? job && poolOf(job) === id && job.state !== "completed" : schedule && usedBy(schedule, id);
    if (!used) return `pool ${id} has outlived the ${owner.kind} ${owner.id}`;
  }
  return undefined;
}

function usedBy({ state, autoPoolId, formerPools }: Schedule, poolId: string): boolean {
  return state !== "completed" && (autoPoolId === poolId || (formerPools?.includes(poolId) ?? false));
}

/** No schedule is between two states, and none has a job to start that does not start. */
export function restlessSchedule(cluster: Cluster): string | undefined {
  const { jobs, schedules } = everything(cluster);
  for (const schedule of schedules) {
    const busy = jobs.some(({ uid, state }) => uid === schedule.recentJob?.uid && state !== "completed");
    if (schedule.state === "terminating" || schedule.state === "deleting") return `schedule ${schedule.id} is ${schedule.state}`;
    if (schedule.state === "completed" && busy) return `schedule ${schedule.id} is completed, and its job is not`;
    if (schedule.state !== "active") continue;
    const plan = planRun(schedule.spec.schedule, schedule.next, busy, cluster.loop.now() - LATE_MS);
    if (plan.kind !== "wait") return `schedule ${schedule.id} ought to ${plan.kind}`;
  }
  return undefined;
}
