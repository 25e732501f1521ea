/** Within a pass priority is never inverted: no task of a lower priority is handed out while one of a higher that could have been is left waiting. */
import { fromItem } from "../../core/domain/items.ts";
import { type Job, poolOf } from "../../core/domain/job.ts";
import type { ReadyChunk } from "../../core/domain/ready.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Item } from "../../core/ports/store.ts";
import { Violation } from "./violation.ts";

/** What stands in the store, kind by kind, when a pass begins and when it has ended. */
export interface Snapshot {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly tasks: ReadonlyMap<string, Task>;
  /** By job: entries of one slot that are true. */
  readonly waiting: ReadonlyMap<string, ReadonlySet<string>>;
  /** By job: its manager, where that waits, and so all others behind it. */
  readonly managers: ReadonlyMap<string, Task>;
}

/** `leavesPlace`: whether a job's tasks may be passed over. */
export function snapshot(items: readonly Item[], poolId: string, leavesPlace: (job: Job) => boolean): Snapshot {
  const jobs = new Map<string, Job>();
  const tasks = new Map<string, Task>();
  for (const item of items) {
    if (item.sk.startsWith("job#")) jobs.set(String(item.uid), fromItem<Job>(item));
    else if (item.pk.startsWith("task#")) tasks.set(`${item.uid}/${item.id}`, fromItem<Task>(item));
  }
  const noted = new Set(items.filter((item) => item.pk === `waiting#sim#${poolId.toLowerCase()}`).map((item) => String(item.uid)));
  const waiting = new Map<string, Set<string>>();
  const managers = new Map<string, Task>();
  for (const item of items) {
    if (!item.pk.startsWith("ready#")) continue;
    const uid = item.pk.split("~")[1] ?? "";
    const job = jobs.get(uid);
    if (job?.state !== "active" || !noted.has(uid) || poolOf(job).toLowerCase() !== poolId.toLowerCase()) continue;
    if (leavesPlace(job)) continue;
    for (const { t, k } of fromItem<ReadyChunk>(item).entries) {
      const task = tasks.get(`${uid}/${t}`);
      if (task?.manager && task.state === "active" && task.attempt === k) managers.set(uid, task);
    }
    const ids = fromItem<ReadyChunk>(item).entries.flatMap(({ t, k, s, i }) => {
      const task = tasks.get(`${uid}/${t}`);
      return s === undefined && i === undefined && task?.state === "active" && task.blocked === undefined && task.attempt === k
        ? [`${uid}/${t}`]
        : [];
    });
    waiting.set(uid, new Set([...(waiting.get(uid) ?? []), ...ids]));
  }
  // What stands behind a manager may not go.
  for (const uid of managers.keys()) waiting.delete(uid);
  return { jobs, tasks, waiting, managers };
}

/** Compares the store before and after a pass that ran to its end. */
export function checkPriorities(before: Snapshot, after: Snapshot, poolId: string): void {
  // A job that may run no more tasks leaves its place to others.
  const unchanged = (uid: string) =>
    before.jobs.get(uid)?.rev === after.jobs.get(uid)?.rev && (before.jobs.get(uid)?.spec.maxParallelTasks ?? -1) < 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [uid, ids] of before.waiting) {
    const handed = [...ids].some((id) => after.tasks.get(id)?.state === "running");
    if (handed && unchanged(uid)) lowest = Math.min(lowest, before.jobs.get(uid)?.spec.priority ?? 0);
  }
  for (const [uid, ids] of before.waiting) {
    const priority = before.jobs.get(uid)?.spec.priority ?? 0;
    if (priority <= lowest || !unchanged(uid)) continue;
    const left = [...ids].find((id) => after.tasks.get(id)?.state === "active" && after.waiting.get(uid)?.has(id));
    if (left) throw new Violation("priority", `in ${poolId}, ${left} of priority ${priority} waits, and one of ${lowest} was handed out`);
  }
}
