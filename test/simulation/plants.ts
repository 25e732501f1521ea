/**
 * Bugs, planted into a cluster before it runs: each twists what core writes or sends as a careless change of core would. The simulation is worth what it
 * finds of these.
 */
import type { Item, Update, Value, Write } from "../../core/ports/store.ts";
import type { ToNode } from "../../core/protocol/messages.ts";
import type { Cluster } from "./cluster.ts";

export type Plant = (cluster: Cluster) => void;

export const plants: Readonly<Record<string, Plant>> = {
  /** A task is handed out whatever state it is in. */
  "skip the condition on an assignment": (cluster) => {
    twist(cluster, async (write) => {
      if (!isAssignment(write) || !(await cluster.store.inner.get(write.key))) return write;
      const { when: _when, ...unconditional } = write;
      return unconditional;
    });
  },

  /** Nobody hears what nodes would take. */
  "drop a doorbell": (cluster) => {
    const accept = cluster.doorbell.accept.bind(cluster.doorbell);
    cluster.doorbell.accept = (messages) => accept(messages.filter(({ body }) => !body.offers));
  },

  /** A task goes back to waiting, and no entry is written for it. */
  "forget a requeue": (cluster) => {
    twist(cluster, async (write) => (write.kind === "insert" && isReadyEntry(write.item, (attempt) => attempt > 0) ? undefined : write));
  },

  /** What the service did to a task is charged to the task. */
  "charge a retry to a lost node": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "update" || write.set?.state !== "active" || write.set.previousState !== "running" || "retryCount" in write.set)
        return write;
      const task = await cluster.store.inner.get(write.key);
      return { ...write, set: { ...write.set, retryCount: Number(task?.retryCount ?? 0) + 1 } };
    });
  },

  /** The entry is gone before the task is handed out. */
  "shrink a ready chunk before assigning": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind === "insert" && write.item.pk.startsWith("lease#")) await dropEntries(cluster, write.item);
      return write;
    });
  },

  /** The last name that a task waits for is taken off, and the task stays blocked. */
  "forget to release a dependant": (cluster) => {
    twist(cluster, async (write) => (write.kind === "update" && write.remove?.includes("blocked") ? undefined : write));
  },

  /** A task that waits for several is released with the first of them. */
  "release a dependant too early": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "update" || !Array.isArray(write.set?.waits)) return write;
      const task = await cluster.store.inner.get(write.key);
      if (task?.state === "active") await addEntry(cluster, task);
      return { ...write, set: {}, remove: ["blocked", "waits"] };
    });
  },

  /** What a task used is not added to its job's. */
  "forget what a task used": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "update" || write.key.sk !== "counts" || !write.add?.w) return write;
      const { w: _wallMs, ...add } = write.add;
      return { ...write, add };
    });
  },

  /** A job is rolled up into the account's statistics, and nothing remembers it. */
  "roll a job up twice": (cluster) => {
    const { inner } = cluster.store;
    const transact = inner.transact.bind(inner);
    inner.transact = (writes) => transact(writes.filter((write) => (write.kind === "insert" ? write.item : write.key).sk !== "rolled-up"));
  },

  /** A schedule does not know which job it started last. */
  "forget a schedule's active job": (cluster) => {
    twistRuns(cluster, ({ recentJob: _job, ...set }) => set);
  },

  /** What was due stays due. */
  "start two jobs of one time": (cluster) => {
    twistRuns(cluster, (set) => ({ ...set, next: Number(set.lastDue) }));
  },

  /** The job has ended, and its pool stays. */
  "leave a job's own pool behind": (cluster) => {
    twist(cluster, async (write) =>
      write.kind === "update" && write.key.sk.startsWith("pool#own_") && write.set?.state === "deleting" ? undefined : write,
    );
  },

  /** A job's other tasks do not wait for its manager. */
  "let others go before the manager": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "insert" || !isReadyEntry(write.item, () => true)) return write;
      const entries = (write.item.entries as Record<string, Value>[]).map(({ m: _m, ...entry }) => entry);
      return { ...write, item: { ...write.item, entries } };
    });
  },

  /** An exclusive manager takes a slot like any task. */
  "share the node of an exclusive manager": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "insert" || !isReadyEntry(write.item, () => true)) return write;
      const entries = (write.item.entries as Record<string, Value>[]).map(({ x: _x, ...entry }) => entry);
      return { ...write, item: { ...write.item, entries } };
    });
  },

  /** The end of a manager is that of any task. */
  "forget to end the job with its manager": (cluster) => {
    twist(cluster, async (write) => (write.kind === "update" && write.set?.terminateReason === "JMComplete" ? undefined : write));
  },

  /** Nobody waits for a job to be prepared. */
  "start tasks beside their job's preparation": (cluster) => {
    const send = cluster.fleet.send.bind(cluster.fleet);
    cluster.fleet.send = (machineId, messages) => send(machineId, messages.map(withoutWaiting));
  },

  /** A node that was to prepare a job is not noted. */
  "forget where a job was prepared": (cluster) => {
    twist(cluster, async (write) => (write.kind === "insert" && write.item.sk.startsWith("open#") ? undefined : write));
  },

  /** A gang is taken for coordinated with the first of its instances. */
  "let a gang begin too early": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "insert" || !write.item.pk.startsWith("sub#") || Number(write.item.of ?? 0) < 2) return write;
      return { ...write, item: { ...write.item, of: 1 } };
    });
  },

  /** What a gang's nodes run is forgotten as soon as it is given to them. */
  "try a gang again while it runs": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "insert" || !write.item.pk.startsWith("sub#") || write.item.state !== "running") return write;
      return { ...write, item: { ...write.item, state: "completed" } };
    });
  },

  /** A node that was installed anew is told to be once more. */
  "forget which version a node has": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "update" || !write.key.sk.startsWith("node#") || write.set?.osVersion === undefined) return write;
      const { osVersion: _osVersion, ...set } = write.set;
      return { ...write, set };
    });
  },

  /** Each success is counted twice. */
  "count a completion twice": (cluster) => {
    twist(cluster, async (write) => {
      if (write.kind !== "update" || write.key.sk !== "counts" || !write.add?.s) return write;
      return { ...write, add: { ...write.add, s: write.add.s * 2 } };
    });
  },
};

function withoutWaiting(message: ToNode): ToNode {
  if (message.kind !== "run" || !message.preparations) return message;
  return { ...message, preparations: message.preparations.map((order) => ({ ...order, waitForSuccess: false })) };
}

function twist(cluster: Cluster, change: (write: Write) => Promise<Write | undefined>): void {
  cluster.store.twist = change;
}

/** Changes what a schedule's item says of a run that begins. */
function twistRuns(cluster: Cluster, change: (set: Record<string, Value>) => Record<string, Value>): void {
  const { inner } = cluster.store;
  const transact = inner.transact.bind(inner);
  inner.transact = (writes) =>
    transact(
      writes.map((write) =>
        write.kind === "update" && write.key.sk.startsWith("schedule#") && write.set?.runs !== undefined
          ? { ...write, set: change({ ...write.set }) }
          : write,
      ),
    );
}

async function addEntry(cluster: Cluster, task: Item): Promise<void> {
  const pk = `ready#sim#${String(task.jobId).toLowerCase()}~${task.uid}`;
  const item = { pk, sk: "0", entries: [{ t: String(task.id), k: Number(task.attempt) }], rev: 1, at: cluster.loop.now() };
  await cluster.store.inner.write({ kind: "insert", item });
}

function isAssignment(write: Write): write is Update {
  return write.kind === "update" && write.set?.state === "running";
}

function isReadyEntry(item: Item, attempt: (k: number) => boolean): boolean {
  const entries = item.pk.startsWith("ready#") ? (item.entries as { k: number }[]) : [];
  return entries.some(({ k }) => attempt(k));
}

/** Takes the entries of a lease's tasks out of their chunks, as if the pass had shrunk them already. */
async function dropEntries(cluster: Cluster, lease: Item): Promise<void> {
  const leased = new Set((lease.tasks as { taskId: string; uid: string }[]).map(({ taskId, uid }) => `${uid}/${taskId}`));
  for (const chunk of cluster.store.inner.dump().filter((item) => item.pk.startsWith("ready#"))) {
    const uid = chunk.pk.split("~")[1] ?? "";
    const entries = (chunk.entries as { t: string }[]).filter(({ t }) => !leased.has(`${uid}/${t}`));
    const { pk, sk } = chunk;
    if (entries.length > 0) await cluster.store.inner.write({ kind: "update", key: { pk, sk }, set: { entries } });
    else await cluster.store.inner.write({ kind: "delete", key: { pk, sk } });
  }
}
