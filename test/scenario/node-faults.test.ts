import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchServiceClient } from "@azure/batch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addJob, childrenOf, noting, processesOf, readyPool, runsIn, tasksOf, untilComplete } from "../support/work.ts";

const QUICK = { heartbeatSeconds: 0.2, lostAfterSeconds: 2, sweepSeconds: 0.5 };

describe.skipIf(process.platform !== "linux")("a node's processes fail", () => {
  let server: TestServer;
  let client: BatchServiceClient;
  let notes: string;

  beforeEach(async () => {
    server = await startTestServer({ settings: QUICK });
    client = clientOf(server.url);
    notes = join(server.data, "notes");
    mkdirSync(notes);
  });
  afterEach(async () => {
    await server.close();
    expect(processesOf(server.data)).toEqual([]);
  });

  const agentPid = async (nodeId: string): Promise<number> => {
    const machineId = /^tvmps_(.+)_d$/.exec(nodeId)?.[1] ?? "";
    return JSON.parse(readFileSync(join(server.data, "nodes", machineId, "machine.json"), "utf8")).process.pid;
  };
  /** Two nodes, and 8 tasks of which each node runs some for as long as `gate` is not there; answers a node and its agent's process. */
  const running = async () => {
    await readyPool(client, "p", 2, 2);
    const gate = join(server.data, "gate");
    await addJob(client, "j", "p", 8, noting(notes, `until test -e ${gate}; do sleep 0.05; done;`));
    const busy = await until(
      "4 running tasks",
      async () => (await tasksOf(client, "j")).filter((task) => task.state === "running"),
      (tasks) => tasks.length === 4,
    );
    const nodeId = busy[0]?.nodeInfo?.nodeId ?? "";
    const pid = await agentPid(nodeId);
    return { gate, nodeId, pid, launcher: childrenOf(pid)[0] ?? 0 };
  };
  const gone = (nodeId: string) =>
    until(
      `${nodeId} to be replaced`,
      async () => (await client.computeNode.list("p")).map(({ id, state }) => ({ id, state })),
      (nodes) => nodes.length === 2 && nodes.every(({ id, state }) => id !== nodeId && (state === "idle" || state === "running")),
    );
  const allRanOnce = async () => {
    await untilComplete(client, "j", 8);
    for (const task of await tasksOf(client, "j"))
      expect(task.executionInfo).toMatchObject({ result: "success", retryCount: 0, requeueCount: 0 });
    expect([...runsIn(notes).values()]).toEqual(Array(8).fill(1));
    expect(server.errors).toEqual([]);
  };
  const killed = { agent: ["pid"], "agent and launcher": ["pid", "launcher"], "launcher and agent": ["launcher", "pid"] } as const;

  it.each(Object.entries(killed))(
    "%s killed: the tasks run elsewhere, charged to nobody, and nothing is left of the node",
    async (_, names) => {
      const node = await running();
      const root = `nodes/${/^tvmps_(.+)_d$/.exec(node.nodeId)?.[1]}/`;
      for (const name of names) process.kill(node[name], "SIGKILL");
      await gone(node.nodeId);
      expect(processesOf(root)).toEqual([]);
      mkdirSync(node.gate);
      await allRanOnce();
    },
  );

  it("the launcher alone killed: the node stays, and its tasks run again", async () => {
    const node = await running();
    process.kill(node.launcher, "SIGKILL");
    await until(
      "another launcher",
      async () => childrenOf(node.pid),
      ([pid]) => pid !== undefined && pid !== node.launcher,
    );
    mkdirSync(node.gate);
    await allRanOnce();
    expect((await client.computeNode.list("p")).map(({ id }) => id)).toContain(node.nodeId);
  });

  it("an agent that hangs: its tasks run elsewhere, and do not come back with it", async () => {
    const node = await running();
    process.kill(node.pid, "SIGSTOP");
    await gone(node.nodeId);
    mkdirSync(node.gate);
    try {
      process.kill(node.pid, "SIGCONT");
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ESRCH");
    }
    await allRanOnce();
  });

  it("an agent that hangs for a moment: nothing is lost or doubled", async () => {
    const node = await running();
    process.kill(node.pid, "SIGSTOP");
    mkdirSync(node.gate);
    await until(
      "the runs of both nodes",
      async () => runsIn(notes).size,
      (runs) => runs >= 4,
    );
    process.kill(node.pid, "SIGCONT");
    await allRanOnce();
  });
});
