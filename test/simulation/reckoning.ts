/** What must hold when all is calm: each answers what is wrong, or nothing. */
import { exitOptions } from "../../core/domain/exit-conditions.ts";
import { fromItem } from "../../core/domain/items.ts";
import type { Job } from "../../core/domain/job.ts";
import type { Task } from "../../core/domain/task.ts";
import { measuresOf } from "../../core/domain/task-measures.ts";
import type { Item } from "../../core/ports/store.ts";
import type { Tally } from "../../core/services/jobs/counts.ts";
import { addMeasures } from "../../core/services/stats/job-measures.ts";
import type { Cluster } from "./cluster.ts";
import type { Ledger } from "./ledger.ts";

/** Every acknowledged task of a job that nobody ended is there, and complete. */
export function unfinished(cluster: Cluster, ledger: Ledger): string | undefined {
  const items = cluster.store.inner.dump();
  const tasks = new Map(
    items
      .filter((item) => item.pk.startsWith("task#"))
      .map((item) => [`${fromItem<Task>(item).uid}/${fromItem<Task>(item).id}`, fromItem<Task>(item)]),
  );
  const find = (uid: string, id: string) => tasks.get(`${uid}/${id}`);
  for (const job of ledger.jobs.values()) {
    if (job.deleted) continue;
    const item = items.find((one) => one.sk === `job#${job.id}`);
    if (endedByFailure(item) || item?.terminateReason === "JMComplete") job.ended = true;
    const stuck = item !== undefined && cluster.watch.preparations.isStuck(fromItem<Job>(item));
    const mayWait = (task: Task) => stuck || cluster.watch.dependencies.mayWait(task, (id) => find(task.uid, id));
    const blocked = [...tasks.values()].some((task) => task.uid === job.uid && task.state === "active" && mayWait(task));
    if (job.endsItself && !job.ended && !blocked && item?.state !== "completed")
      return `job ${job.id} is ${item?.state}, and should have ended with its last task`;
    for (const id of job.tasks) {
      const task = tasks.get(`${job.uid}/${id}`);
      if (!task) return `task ${job.id}/${id} was acknowledged and is not there`;
      if (!job.ended && task.state !== "completed" && !(task.state === "active" && mayWait(task)))
        return `task ${job.id}/${id} is ${task.state} at attempt ${task.attempt}`;
    }
  }
  return undefined;
}

/** A task as it is now, by its job's uid and its id. */
export function taskOf(cluster: Cluster, name: string): Task | undefined {
  const item = cluster.store.inner.dump().find((one) => one.pk.startsWith("task#") && `${one.uid}/${one.id}` === name);
  return item && fromItem<Task>(item);
}

/** A job that acts on failures may have ended by one, or be disabled. */
function endedByFailure(item: Item | undefined): boolean {
  const job = item && fromItem<Job>(item);
  if (job?.spec.onTaskFailure !== "performexitoptionsjobaction") return false;
  return job.terminateReason === "TaskFailed" || job.state === "disabling" || job.state === "disabled";
}

/** A job that acts on failures goes on after none that asks for its end. */
export function ignoredFailure(cluster: Cluster): string | undefined {
  const items = cluster.store.inner.dump();
  for (const item of items.filter((one) => one.sk.startsWith("job#"))) {
    const job = fromItem<Job>(item);
    if (job.spec.onTaskFailure !== "performexitoptionsjobaction" || job.state !== "active") continue;
    for (const one of items.filter((other) => other.pk.startsWith("task#") && other.uid === job.uid && other.state === "completed")) {
      if (exitOptions(fromItem<Task>(one)).jobAction === "terminate") return `job ${job.id} goes on after the failure of ${one.id}`;
    }
  }
  return undefined;
}

/** The counts of every job, and what its tasks used, equal its items. */
export function countsDiffer(cluster: Cluster): string | undefined {
  const items = cluster.store.inner.dump();
  for (const item of items.filter((one) => one.sk.startsWith("job#"))) {
    const job = fromItem<Job>(item);
    if (job.state === "deleting") continue;
    const kept = items.find((one) => one.sk === "counts" && one.pk.endsWith(`~${job.uid}`));
    const real: Tally = { a: 0, r: 0, s: 0, f: 0 };
    for (const one of items.filter((other) => other.pk.startsWith("task#") && other.uid === job.uid)) {
      const task = fromItem<Task>(one);
      const letter = task.state === "active" ? "a" : task.state === "running" ? "r" : task.result === "success" ? "s" : "f";
      real[letter] = (real[letter] ?? 0) + 1;
      addMeasures(real, measuresOf(task));
    }
    for (const [name, count] of Object.entries(real)) {
      if (Number(kept?.[name] ?? 0) !== count) return `job ${job.id} counts ${name} = ${kept?.[name]}, and has ${count}`;
    }
  }
  return undefined;
}

/** What tells of pools and jobs that are gone stays. */
const STATISTICS: readonly string[] = ["stats", "usage"];

/** A note in a pool that was made for a job and is gone: a late request may have left it; nobody looks at it, and it goes with its job. */
function isForgotten({ pk, uid }: Item, items: readonly Item[]): boolean {
  const poolId = pk.startsWith("waiting#sim#own_") ? pk.slice("waiting#sim#".length) : undefined;
  if (poolId === undefined || items.some(({ sk }) => sk === `pool#${poolId}`)) return false;
  return items.some((item) => item.sk.startsWith("job#") && item.uid === uid);
}

/** Items of these kinds (of all, without) that are still there. What waits in a job that was ended waits for ever: it goes with the job. */
export function remains(cluster: Cluster, kinds: readonly string[] | undefined, ledger: Ledger): string | undefined {
  const items = cluster.store.inner.dump();
  const waitsForEver = new Set([...ledger.jobs.values()].filter((job) => job.ended).map((job) => job.uid));
  for (const item of items.filter(({ sk }) => sk.startsWith("job#")))
    if (cluster.watch.preparations.isStuck(fromItem<Job>(item))) waitsForEver.add(String(item.uid));
  const left = items.filter((item) => {
    const kind = item.pk.split("#")[0] ?? "";
    if (kinds ? !kinds.includes(kind) : STATISTICS.includes(kind)) return false;
    if (kinds && isForgotten(item, items)) return false;
    return !(kinds && [...waitsForEver].some((uid) => item.pk.endsWith(uid) || item.sk.endsWith(uid)));
  });
  return left.length === 0
    ? undefined
    : `${left.length} items: ${left
        .slice(0, 3)
        .map((item) => `${item.pk}/${item.sk}`)
        .join(", ")}`;
}
