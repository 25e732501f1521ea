import { fromItem } from "../../core/domain/items.ts";
import type { Job } from "../../core/domain/job.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Cluster } from "./cluster.ts";

/** A job ends with its manager where it is to, and for this reason only then. */
export function outlivedManager(cluster: Cluster): string | undefined {
  const items = cluster.store.inner.dump();
  for (const item of items.filter((one) => one.sk.startsWith("job#"))) {
    const job = fromItem<Job>(item);
    if (!job.spec.jobManagerTask) continue;
    const found = items.find((one) => one.pk.startsWith("task#") && one.uid === job.uid && one.manager !== undefined);
    const manager = found && fromItem<Task>(found);
    const over = manager?.state === "completed" && manager.manager?.kills === true;
    if (over && (job.state === "active" || job.state === "disabled")) return `job ${job.id} outlives its manager`;
    if (job.terminateReason === "JMComplete" && manager && !over) return `job ${job.id} ended before its manager`;
  }
  return undefined;
}
