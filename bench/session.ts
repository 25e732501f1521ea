import { fileURLToPath } from "node:url";
import { BatchServiceClient, BatchSharedKeyCredentials } from "@azure/batch";
import { type ServerProcess, startServerProcess } from "../demo/server-process.ts";
import { DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY } from "../local/options.ts";
import { MACHINES } from "../test/support/machines.ts";

/** A server of its own, as `npm start` runs it, and the official client that drives it. */
export interface Session {
  readonly client: BatchServiceClient;
  readonly server: ServerProcess;
}

export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const server = await startServerProcess(fileURLToPath(new URL("shoal.js", import.meta.url)));
  try {
    const client = new BatchServiceClient(new BatchSharedKeyCredentials(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY), server.url);
    return await work({ client, server });
  } finally {
    await server.stop();
  }
}

/** A pool whose nodes are all idle when this resolves. */
export async function readyPool({ client }: Session, id: string, nodes: number, slots: number): Promise<void> {
  await client.pool.add({
    id,
    ...MACHINES,
    targetDedicatedNodes: nodes,
    taskSlotsPerNode: slots,
  });
  await until(async () => (await client.computeNode.list(id)).filter((node) => node.state === "idle").length === nodes, 50);
}

/** Adds tasks in calls of 100. */
export async function addTasks({ client }: Session, jobId: string, count: number, commandLine: string, parallel = 1): Promise<void> {
  const starts = Array.from({ length: Math.ceil(count / 100) }, (_, i) => i * 100);
  const adder = async () => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const first = start;
      const tasks = Array.from({ length: Math.min(100, count - first) }, (_, i) => ({
        id: `t${String(first + i).padStart(7, "0")}`,
        commandLine,
      }));
      const { value } = await client.task.addCollection(jobId, tasks);
      if (value?.length !== tasks.length || value.some((one) => one.status.toLowerCase() !== "success"))
        throw new Error("a task was not added");
    }
  };
  await Promise.all(Array.from({ length: parallel }, adder));
}

export async function untilComplete({ client }: Session, jobId: string, count: number): Promise<void> {
  await until(async () => (await client.job.getTaskCounts(jobId)).taskCounts.completed === count, 20);
}

export async function until(condition: () => Promise<boolean>, everyMs: number): Promise<void> {
  while (!(await condition())) await new Promise((done) => setTimeout(done, everyMs));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
