import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { BatchServiceClient } from "@azure/batch";
import { MACHINES } from "./machines.ts";
import { until } from "./server.ts";

/** A pool whose nodes are all idle when this resolves. */
export async function readyPool(client: BatchServiceClient, id: string, nodes: number, slots: number): Promise<void> {
  await addPool(client, id, nodes, slots);
  await untilIdle(client, id, nodes);
}

/** `more`: what else the pool is to have. */
export async function addPool(
  client: BatchServiceClient,
  id: string,
  nodes: number,
  slots: number,
  more: Partial<Parameters<BatchServiceClient["pool"]["add"]>[0]> = {},
): Promise<void> {
  await client.pool.add({
    id,
    ...MACHINES,
    targetDedicatedNodes: nodes,
    taskSlotsPerNode: slots,
    ...more,
  });
}

export async function untilIdle(client: BatchServiceClient, poolId: string, nodes: number): Promise<void> {
  await until(
    `${nodes} idle nodes in ${poolId}`,
    () => nodeStates(client, poolId),
    (states) => states.length === nodes && states.every((state) => state === "idle"),
  );
}

async function nodeStates(client: BatchServiceClient, poolId: string): Promise<(string | undefined)[]> {
  return (await client.computeNode.list(poolId)).map((node) => node.state);
}

/** A job of `count` tasks, t0000 and so on, that all run the same command line. */
export async function addJob(client: BatchServiceClient, id: string, poolId: string, count: number, commandLine: string): Promise<void> {
  await client.job.add({ id, poolInfo: { poolId } });
  for (let from = 0; from < count; from += 100) {
    const tasks = Array.from({ length: Math.min(100, count - from) }, (_, i) => ({ id: taskId(from + i), commandLine }));
    const { value = [] } = await client.task.addCollection(id, tasks);
    const refused = value.find((one) => one.status !== "success");
    if (refused) throw new Error(`The task ${refused.taskId} was not added: ${JSON.stringify(refused.error)}`);
  }
}

export function taskId(number: number): string {
  return `t${String(number).padStart(4, "0")}`;
}

/** Resolves when so many tasks of the job are complete, and none failed. */
export async function untilComplete(client: BatchServiceClient, jobId: string, count: number, timeoutMs = 60_000): Promise<void> {
  await until(
    `${count} complete tasks in ${jobId}`,
    async () => (await client.job.getTaskCounts(jobId)).taskCounts,
    ({ completed }) => completed >= count,
    timeoutMs,
  );
}

export async function tasksOf(client: BatchServiceClient, jobId: string) {
  const first = await client.task.list(jobId);
  const tasks = [...first];
  let next = first.odatanextLink;
  while (next) {
    const page = await client.task.listNext(next);
    tasks.push(...page);
    next = page.odatanextLink;
  }
  return tasks;
}

/** A command line that notes each of its runs as a line in the task's own file in `folder`. */
export function noting(folder: string, before = "", after = ""): string {
  return `/bin/sh -c '${before} echo run >> ${folder}/$AZ_BATCH_TASK_ID; ${after}'`;
}

/** How often each task noted a run, by its id. */
export function runsIn(folder: string): Map<string, number> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, "utf8").trimEnd().split("\n").length]));
}

/** Processes of this machine that work in the folder, or whose command line or environment names it, as `pid command line`. Linux only. */
export function processesOf(folder: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      return `${commandLine}\n${environment}\n${readlinkSync(`/proc/${pid}/cwd`)}`.includes(folder) ? [`${pid} ${commandLine}`] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Linux only. */
export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  } catch {
    return [];
  }
}

/** A file of a task, as text. */
export async function textOf(client: BatchServiceClient, jobId: string, taskId: string, path: string): Promise<string> {
  const { readableStreamBody } = await client.file.getFromTask(jobId, taskId, path);
  const chunks: Buffer[] = [];
  for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** A signed URL of a container of the server's own storage; `permissions` are letters of r, w, l, d. */
export async function signedContainer(client: BatchServiceClient, url: string, name: string, permissions: string): Promise<string> {
  const { status, bodyAsText } = await client.sendRequest({
    method: "POST",
    url: `${url}/shoal/containers/${name}/url`,
    headers: { "content-type": "application/json" },
    body: { permissions, hours: 1 },
  });
  if (status !== 200) throw new Error(`No URL of the container ${name}: ${status} ${bodyAsText}`);
  return JSON.parse(bodyAsText ?? "").url;
}
