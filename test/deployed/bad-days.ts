import { readFileSync } from "node:fs";
import { BatchServiceClient, BatchSharedKeyCredentials } from "@azure/batch";
import { beforeAll, expect, it } from "vitest";
import type { Deployment } from "../support/deployment.ts";
import { until } from "../support/server.ts";
import { childrenOf, readyPool, signedContainer, textOf, untilComplete, untilIdle } from "../support/work.ts";

const POOL = "bad-days";

/** What goes wrong on AWS, as far as an emulator can have it go wrong. */
export function badDays(deployment: () => Deployment): void {
  let client: BatchServiceClient;
  const newKey = Buffer.from("a new key for the account, of many characters").toString("base64");
  beforeAll(async () => {
    const { url, account } = deployment();
    // The second key, as good as the first, which is replaced meanwhile.
    const { SecretString } = await secret(deployment(), "GetSecretValue", { SecretId: "shoal/key2" });
    client = new BatchServiceClient(new BatchSharedKeyCredentials(account, String(SecretString)), url, { noRetryPolicy: true });
    await readyPool(client, POOL, 2, 1);
  });

  const taskOf = (jobId: string, taskId: string) => client.task.get(jobId, taskId);
  const machineOf = (nodeId = "") => nodeId.replace(/^tvmps_/, "").replace(/_[dp]$/, "");
  const running = (jobId: string, taskId: string, on: (nodeId: string) => boolean = () => true) =>
    until(
      `${taskId} running`,
      () => taskOf(jobId, taskId),
      ({ state, nodeInfo }) => state === "running" && nodeInfo?.nodeId !== undefined && on(nodeInfo.nodeId),
      60_000,
    );

  it.skipIf(process.platform !== "linux")("takes at most 60 MB of a node, its launcher included and shared pages counted once", () => {
    const { machines } = deployment();
    expect(machines.ids.length).toBeGreaterThan(0);
    for (const id of machines.ids) {
      const pids = [machines.pidOf(id), ...childrenOf(machines.pidOf(id))];
      expect(pids.reduce((sum, pid) => sum + sharedKilobytes(pid), 0)).toBeLessThan(60 * 1024);
    }
  });

  it("keeps an output that is larger than its functions take", async () => {
    const jobId = "heavy";
    const { url } = deployment();
    const containerUrl = await signedContainer(client, url, "heavy-outputs", "rw");
    await client.job.add({ id: jobId, poolInfo: { poolId: POOL } });
    await client.task.add(jobId, {
      id: "t",
      commandLine: "/bin/sh -c 'head -c 9000000 /dev/zero >big'",
      outputFiles: [
        { filePattern: "big", destination: { container: { containerUrl } }, uploadOptions: { uploadCondition: "tasksuccess" } },
      ],
    });
    await untilComplete(client, jobId, 1);
    expect((await taskOf(jobId, "t")).executionInfo?.result).toBe("success");
    const blob = new URL(containerUrl);
    blob.pathname += "/big";
    const head = await fetch(blob, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "9000000"]);
    await client.job.deleteMethod(jobId);
  });

  it("is given a new first key, which its functions need a minute to know", async () => {
    await secret(deployment(), "PutSecretValue", { SecretId: "shoal/key1", SecretString: newKey });
  });

  it("drops a report that its node did not sign", async () => {
    const jobId = "forged";
    await client.job.add({ id: jobId, poolInfo: { poolId: POOL } });
    await client.task.add(jobId, { id: "t", commandLine: "/bin/sh -c 'sleep 600'" });
    const { nodeInfo } = await running(jobId, "t");
    const end = { startTime: new Date().toISOString(), endTime: new Date().toISOString(), exitCode: 0 };
    const event = { kind: "task-finished", task: { jobId, taskId: "t", uid: "guessed" }, attempt: 1, end };
    const report = JSON.stringify({ boot: 1, seq: 1, events: [event], load: { want: 9, busy: 0, slotsInUse: 0 } });
    const claims = { machineId: machineOf(nodeInfo?.nodeId), poolId: POOL, dedicated: true };
    await send(deployment(), "AmazonSQS.SendMessage", "application/x-amz-json-1.0", {
      QueueUrl: `${deployment().emulatorUrl}/000000000000/shoal-node-events`,
      MessageBody: JSON.stringify({ ...claims, at: Date.now(), report, signature: "AAAA" }),
    });
    // A task that comes and goes afterwards shows that the reports before have been looked at.
    await client.task.add(jobId, { id: "after", commandLine: "/bin/true" });
    await until(
      "another task done",
      () => taskOf(jobId, "after"),
      ({ state }) => state === "completed",
      60_000,
    );
    expect((await taskOf(jobId, "t")).state).toBe("running");
    await client.task.terminate(jobId, "t");
  });

  it("gives the tasks of an instance that EC2 takes back to another, and charges no retry", async () => {
    const jobId = "reclaimed";
    await client.job.add({ id: jobId, poolInfo: { poolId: POOL } });
    await client.task.add(jobId, { id: "t", commandLine: "/bin/sh -c 'sleep 600'" });
    const { nodeInfo } = await running(jobId, "t");
    await tell(deployment(), "EC2 Spot Instance Interruption Warning", {
      "instance-id": machineOf(nodeInfo?.nodeId),
      "instance-action": "terminate",
    });
    const { executionInfo } = await running(jobId, "t", (nodeId) => nodeId !== nodeInfo?.nodeId);
    expect(executionInfo).toMatchObject({ retryCount: 0, requeueCount: 0 });
    await client.job.terminate(jobId);
    await untilIdle(client, POOL, 2);
  });

  it("shows what a task wrote when its instance is gone", async () => {
    const jobId = "outlived";
    await client.job.add({ id: jobId, poolInfo: { poolId: POOL } });
    await client.task.add(jobId, { id: "t", commandLine: "/bin/sh -c 'echo kept; echo too >&2'" });
    await untilComplete(client, jobId, 1);
    const { nodeInfo } = await taskOf(jobId, "t");
    // A heartbeat later, whatever follows a report is done.
    await until(
      "its outputs kept",
      () => keptOf(deployment(), jobId),
      (names) => names.length === 2,
      30_000,
    );
    await tell(deployment(), "EC2 Instance State-change Notification", {
      "instance-id": machineOf(nodeInfo?.nodeId),
      state: "shutting-down",
    });
    await until(
      "its node gone",
      async () => (await client.computeNode.list(POOL)).map(({ id }) => id),
      (ids) => !ids.includes(nodeInfo?.nodeId ?? ""),
      60_000,
    );
    expect(await textOf(client, jobId, "t", "stdout.txt")).toBe("kept\n");
    expect((await client.file.listFromTask(jobId, "t")).map(({ name }) => name)).toEqual(["stderr.txt", "stdout.txt"]);
    await client.job.deleteMethod(jobId);
    await until(
      "its outputs gone",
      () => keptOf(deployment(), jobId),
      (names) => names.length === 0,
      60_000,
    );
  });

  it("runs a task whose order is too large for a queue", async () => {
    const jobId = "large";
    await client.job.add({ id: jobId, poolInfo: { poolId: POOL } });
    const value = "x".repeat(70_000);
    const environmentSettings = ["A", "B", "C", "D"].map((name) => ({ name, value }));
    await client.task.add(jobId, { id: "t", commandLine: "/bin/sh -c 'printenv A | wc -c; printenv D | wc -c'", environmentSettings });
    await untilComplete(client, jobId, 1);
    expect((await taskOf(jobId, "t")).executionInfo?.exitCode).toBe(0);
    expect(await textOf(client, jobId, "t", "stdout.txt")).toBe("70001\n70001\n");
    await client.job.deleteMethod(jobId);
  });

  it("takes the new first key, and no more the old one, while the second was good all the time", async () => {
    const { url, account, key } = deployment();
    const knows = (one: string) =>
      new BatchServiceClient(new BatchSharedKeyCredentials(account, one), url, { noRetryPolicy: true }).pool.get(POOL).then(
        () => true,
        () => false,
      );
    await until(
      "the new key known, and it alone",
      async () => [await knows(newKey), await knows(key)],
      ([fresh, old]) => fresh === true && old === false,
      75_000,
    );
  });
}

function sharedKilobytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
}

/** Hands the function what EventBridge would: nobody may send events in the name of EC2, also to an emulator. */
async function tell({ emulatorUrl }: Deployment, detailType: string, detail: Readonly<Record<string, string>>): Promise<void> {
  const functions = `${emulatorUrl}/2015-03-31/functions`;
  const authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0";
  const listed = (await (await fetch(`${functions}/`, { headers: { authorization } })).json()) as { Functions: { FunctionName: string }[] };
  const name = listed.Functions.map(({ FunctionName }) => FunctionName).find((one) => one.includes("instanceevents"));
  const event = { source: "aws.ec2", "detail-type": detailType, detail };
  const answer = await fetch(`${functions}/${name}/invocations`, {
    method: "POST",
    headers: { authorization },
    body: JSON.stringify(event),
  });
  const said = await answer.text();
  if (!answer.ok || answer.headers.has("x-amz-function-error")) throw new Error(`${name}: ${answer.status} ${said}`);
}

async function keptOf({ emulatorUrl, outputs }: Deployment, jobId: string): Promise<string[]> {
  const answer = await fetch(`${emulatorUrl}/${outputs.FilesBucket}?list-type=2&prefix=${encodeURIComponent(`_outputs/${jobId}/`)}`);
  return [...(await answer.text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, name = ""]) => name);
}

function secret(deployment: Deployment, action: string, body: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  return send(deployment, `secretsmanager.${action}`, "application/x-amz-json-1.1", body);
}

/** A request that the emulator takes without a signature, for services that nothing here has a client of. */
async function send({ emulatorUrl }: Deployment, target: string, type: string, body: unknown): Promise<Record<string, unknown>> {
  const service = target.startsWith("AmazonSQS") ? "sqs" : "secretsmanager";
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = { "content-type": type, "x-amz-target": target, authorization };
  const answer = await fetch(`${emulatorUrl}/`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
