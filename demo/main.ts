/** The main job on real input, through the official client: a pool of 4 nodes counts the words of at least 200 texts, and a last task adds them up. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BatchServiceClient, type BatchServiceModels, BatchSharedKeyCredentials } from "@azure/batch";
import { DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY } from "../local/options.ts";
import { findTexts } from "./find-texts.ts";
import { ProgressLine } from "./progress.ts";
import { startServerProcess } from "./server-process.ts";
import { fileUrl, Storage } from "./storage.ts";

const NODES = 4;
const TEXTS = 240;
const NODE = `"${process.execPath}"`;
const home = fileURLToPath(new URL("..", import.meta.url));
const say = (text: string) => process.stdout.write(`${text}\n`);

async function run(url: string): Promise<void> {
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1000;
  const credentials = new BatchSharedKeyCredentials(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY);
  const client = new BatchServiceClient(credentials, url);

  say(`1. A pool of ${NODES} nodes with 2 task slots each`);
  await client.pool.add({
    id: "demo",
    vmSize: "standard_d2_v3",
    virtualMachineConfiguration: {
      imageReference: { publisher: "canonical", offer: "0001-com-ubuntu-server-jammy", sku: "22_04-lts" },
      nodeAgentSKUId: "batch.node.ubuntu 22.04",
    },
    targetDedicatedNodes: NODES,
    taskSlotsPerNode: 2,
  });

  const texts = findTexts(join(home, "node_modules"), TEXTS);
  say(`2. ${texts.length} texts uploaded: the licences and read-mes of the packages that npm installed`);
  const storage = new Storage(client, url);
  const input = await storage.container("texts", "rl");
  const results = await storage.container("results", "rwl");
  const programs = await storage.container("programs", "rl");
  for (const program of ["count-words.mjs", "merge-counts.mjs"])
    await storage.upload("programs", program, readFileSync(join(home, "demo", program)));
  await Promise.all(texts.map((text, i) => storage.upload("texts", `${i}.txt`, readFileSync(text))));

  say(`3. A job with a task for each text`);
  await client.job.add({ id: "words", poolInfo: { poolId: "demo" } });
  const tasks = texts.map(
    (text, i): BatchServiceModels.TaskAddParameter => ({
      id: `text-${i}`,
      displayName: basename(text),
      commandLine: `${NODE} count-words.mjs ${i}.txt ${i}`,
      resourceFiles: [
        { httpUrl: fileUrl(programs, "count-words.mjs"), filePath: "count-words.mjs" },
        { httpUrl: fileUrl(input, `${i}.txt`), filePath: `${i}.txt` },
      ],
      environmentSettings: [{ name: "RESULTS_URL", value: results }],
    }),
  );
  for (let i = 0; i < tasks.length; i += 100) await client.task.addCollection("words", tasks.slice(i, i + 100));
  await untilComplete(client, tasks.length, seconds);

  say("4. A task that adds up what they counted");
  await client.task.add("words", {
    id: "merge",
    commandLine: `${NODE} merge-counts.mjs counts summary.txt`,
    resourceFiles: [
      { httpUrl: fileUrl(programs, "merge-counts.mjs"), filePath: "merge-counts.mjs" },
      { storageContainerUrl: results, filePath: "counts" },
    ],
  });
  await untilComplete(client, tasks.length + 1, seconds);

  const summary = await downloadText(client, "words", "merge", "wd/summary.txt");
  const folder = resolve(".shoal");
  mkdirSync(folder, { recursive: true });
  const place = join(folder, "demo-summary.txt");
  writeFileSync(place, summary);
  const [first, ...words] = summary.split("\n");
  say(
    `\n  ${first}. The ten most frequent:\n${words
      .slice(0, 10)
      .map((line) => `    ${line}`)
      .join("\n")}\n`,
  );
  say(
    `The whole list is in ${place}\n${tasks.length + 1} tasks on ${NODES} nodes in ${seconds().toFixed(1)} s, by an unmodified Azure Batch client.`,
  );
}

/** Shows progress until all tasks are complete. Throws, with the evidence, when one failed. */
async function untilComplete(client: BatchServiceClient, total: number, seconds: () => number): Promise<void> {
  const line = new ProgressLine(process.stdout);
  for (;;) {
    const { taskCounts } = await client.job.getTaskCounts("words");
    line.show(taskCounts, total, seconds());
    if (taskCounts.failed > 0) {
      const failed = await client.task.list("words", { taskListOptions: { filter: "executionInfo/result eq 'failure'", maxResults: 1 } });
      const task = failed[0];
      const errors = await downloadText(client, "words", task?.id ?? "", "stderr.txt");
      throw new Error(`Task ${task?.id} failed: ${JSON.stringify(task?.executionInfo?.failureInfo)}\n${errors}`);
    }
    if (taskCounts.completed === total) return;
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function downloadText(client: BatchServiceClient, jobId: string, taskId: string, path: string): Promise<string> {
  const { readableStreamBody } = await client.file.getFromTask(jobId, taskId, path);
  const chunks: Buffer[] = [];
  for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

say("Starting Shoal on this machine...");
const server = await startServerProcess(fileURLToPath(new URL("shoal.js", import.meta.url)));
try {
  await run(server.url);
} catch (error) {
  process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await server.stop();
}
