import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BatchServiceClient } from "@azure/batch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingForMpi } from "../support/needs.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addPool, processesOf, signedContainer, textOf, untilIdle } from "../support/work.ts";

const demo = (name: string) => fileURLToPath(new URL(`../../demo/mpi/${name}`, import.meta.url));
const missing = process.platform === "linux" ? missingForMpi() : "This test needs Linux.";
const node = process.execPath;

const COORDINATE = `/bin/sh -c 'cd $AZ_BATCH_TASK_SHARED_DIR && mpicc sum.c -o sum && ${node} remote-run.mjs serve'`;
const MPIRUN = [
  "mpirun --allow-run-as-root --host localhost,node-1,node-2 -n 3",
  `--mca plm_rsh_agent "${node} $AZ_BATCH_TASK_SHARED_DIR/remote-run.mjs run"`,
  "--mca oob_tcp_if_include lo --mca btl tcp,self --mca btl_tcp_if_include lo",
  '/bin/sh -c "exec \\$AZ_BATCH_TASK_SHARED_DIR/sum"',
].join(" ");

/** The multi-instance task of docs/orchestration.md: an MPI program, compiled and run on three nodes. */
describe.skipIf(missing)(`a real MPI program over three nodes${missing ? ` (${missing})` : ""}`, () => {
  let server: TestServer;
  let client: BatchServiceClient;

  beforeAll(async () => {
    server = await startTestServer();
    client = clientOf(server.url);
    const container = new URL(await signedContainer(client, server.url, "mpi", "rwl"));
    for (const name of ["sum.c", "remote-run.mjs"]) {
      const file = new URL(container);
      file.pathname += `/${name}`;
      const put = await fetch(file, { method: "PUT", body: readFileSync(demo(name), "utf8"), headers: { "x-ms-blob-type": "BlockBlob" } });
      expect(put.status).toBe(201);
    }
    const startTask = { commandLine: "/bin/sh -c 'echo $AZ_BATCH_HOST_LIST > $AZ_BATCH_NODE_SHARED_DIR/address'", waitForSuccess: true };
    await addPool(client, "p", 3, 1, { enableInterNodeCommunication: true, startTask });
    await untilIdle(client, "p", 3);
  });
  afterAll(async () => {
    await server.close();
    expect(processesOf(server.data)).toEqual([]);
  });

  it("has a rank on each node, adds up over all of them, and leaves nothing running", async () => {
    await client.job.add({ id: "j", poolInfo: { poolId: "p" } });
    await client.task.add("j", {
      id: "sum",
      commandLine: `/bin/sh -c '${MPIRUN}'`,
      environmentSettings: [{ name: "REMOTE_RUN_TOKEN", value: "between-these-nodes" }],
      multiInstanceSettings: {
        numberOfInstances: 3,
        coordinationCommandLine: COORDINATE,
        commonResourceFiles: [{ autoStorageContainerName: "mpi" }],
      },
    });
    const task = await until(
      "the end of the task",
      () => client.task.get("j", "sum"),
      ({ state }) => state === "completed",
      60_000,
    );
    const stderr = await textOf(client, "j", "sum", "stderr.txt");
    expect(task.executionInfo, stderr).toMatchObject({ exitCode: 0, result: "success" });
    const stdout = await textOf(client, "j", "sum", "stdout.txt");
    const nodes = (await client.computeNode.list("p")).map(({ id }) => id);
    const ranks = [...stdout.matchAll(/^rank (\d) of 3 on (\S+)$/gm)];
    expect(ranks.map(([, rank]) => rank).toSorted()).toEqual(["0", "1", "2"]);
    expect(new Set(ranks.map(([, , id]) => id))).toEqual(new Set(nodes));
    expect(stdout).toMatch(/^sum 6$/m);
    const ended = await until(
      "the end of the subtasks",
      async () => (await client.task.listSubtasks("j", "sum")).value ?? [],
      (subtasks) => subtasks.every(({ state }) => state === "completed"),
    );
    expect(ended.map(({ id, exitCode, nodeInfo }) => [id, exitCode, nodes.includes(nodeInfo?.nodeId ?? "")])).toEqual([
      [1, 0, true],
      [2, 0, true],
    ]);
    expect(processesOf(`${server.data}/nodes`).filter((line) => /remote-run|orted|sum/.test(line))).toEqual([]);
    expect(server.errors).toEqual([]);
  });
});
