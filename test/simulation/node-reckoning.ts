import { fromItem } from "../../core/domain/items.ts";
import type { Node } from "../../core/domain/node.ts";
import type { Pool } from "../../core/domain/pool.ts";
import { osVersionOf } from "../../core/services/pools/pool-image.ts";
import type { Cluster } from "./cluster.ts";

/** With nothing to do, each pool has as many nodes as it says, each with a machine that runs, idle, and showing that nothing runs. */
export function restless(cluster: Cluster): string | undefined {
  const items = cluster.store.inner.dump();
  const nodes = items.filter((item) => item.pk.startsWith("pool#") && item.sk.startsWith("node#")).map((item) => fromItem<Node>(item));
  const machines = new Set(cluster.fleet.machines.map(({ machine }) => machine.machineId));
  for (const { id, state, machineId, runningTasks, operation } of nodes) {
    if (state !== "idle" || operation) return `node ${id} is ${state}${operation ? `, to ${operation.kind}` : ""}`;
    if (runningTasks !== 0) return `node ${id} shows ${runningTasks} running tasks`;
    if (!machines.has(machineId)) return `node ${id} has no machine`;
  }
  if (machines.size !== nodes.length) return `${machines.size} machines of ${nodes.length} nodes`;
  for (const item of items.filter((one) => one.sk.startsWith("pool#"))) {
    const pool = fromItem<Pool>(item);
    const count = nodes.filter((node) => node.poolId === pool.id).length;
    const known = pool.currentDedicatedNodes + pool.currentLowPriorityNodes;
    if (pool.allocationState !== "steady" || known !== count)
      return `pool ${pool.id} is ${pool.allocationState}, has ${count} nodes, says ${known}`;
    const wanted = osVersionOf(pool.spec);
    const old = nodes.find((node) => node.poolId === pool.id && node.osVersion !== wanted);
    if (old) return `node ${old.id} has the operating system ${old.osVersion}, its pool wants ${wanted}`;
    if (pool.upgrade) return `pool ${pool.id} is still upgraded from ${pool.upgrade.from}`;
  }
  return undefined;
}
