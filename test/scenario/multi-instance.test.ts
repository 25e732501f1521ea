import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchServiceClient } from "@azure/batch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addPool, childrenOf, noting, processesOf, runsIn, untilIdle } from "../support/work.ts";

const QUICK = { heartbeatSeconds: 0.2, lostAfterSeconds: 2, sweepSeconds: 0.5 };

describe.skipIf(process.platform !== "linux")("a node of a multi-instance task fails", () => {
  let server: TestServer;
  let client: BatchServiceClient;
  let notes: string;

  beforeEach(async () => {
    server = await startTestServer({ settings: QUICK });
    client = clientOf(server.url);
    notes = join(server.data, "notes");
    mkdirSync(notes);
    await addPool(client, "p", 4, 1, { enableInterNodeCommunication: true });
    await untilIdle(client, "p", 4);
    await client.job.add({ id: "j", poolInfo: { poolId: "p" } });
  });
  afterEach(async () => {
    await server.close();
    expect(processesOf(server.data)).toEqual([]);
  });

  const agentPid = (nodeId: string): number => {
    const machineId = /^tvmps_(.+)_d$/.exec(nodeId)?.[1] ?? "";
    return JSON.parse(readFileSync(join(server.data, "nodes", machineId, "machine.json"), "utf8")).process.pid;
  };
  /** Three instances, each of which leaves a process running, and the primary's command, which notes each of its runs and waits for `gate`. */
  const running = async () => {
    const gate = join(server.data, "gate");
    await client.task.add("j", {
      id: "t",
      commandLine: noting(notes, "", `until test -e ${gate}; do sleep 0.05; done`),
      multiInstanceSettings: { numberOfInstances: 3, coordinationCommandLine: "/bin/sh -c 'sleep 599 & true'" },
    });
    await until(
      "the primary to run",
      async () => runsIn(notes).get("t"),
      (runs) => runs === 1,
    );
    const task = await client.task.get("j", "t");
    const { value = [] } = await client.task.listSubtasks("j", "t");
    return { gate, primary: task.nodeInfo?.nodeId ?? "", others: value.map(({ nodeInfo }) => nodeInfo?.nodeId ?? "") };
  };
  const lingering = () => processesOf(server.data).filter((line) => line.includes("sleep 599"));

  it.each(["primary", "other"] as const)(
    "is run anew, once, when its %s is killed, at no cost, and leaves nothing running",
    async (which) => {
      const { gate, primary, others } = await running();
      expect(lingering()).toHaveLength(3);
      const victim = which === "primary" ? primary : (others[0] ?? "");
      const pid = agentPid(victim);
      for (const one of [...childrenOf(pid), pid]) process.kill(one, "SIGKILL");
      await until(
        "the second run",
        async () => runsIn(notes).get("t"),
        (runs) => runs === 2,
      );
      expect(lingering()).toHaveLength(3);
      await client.task.add("j", { id: "single", commandLine: "/bin/true" });
      await until(
        "a single task beside it",
        () => client.task.get("j", "single"),
        ({ state }) => state === "completed",
      );
      const { value: subtasks = [] } = await client.task.listSubtasks("j", "t");
      const nodes = [(await client.task.get("j", "t")).nodeInfo?.nodeId, ...subtasks.map(({ nodeInfo }) => nodeInfo?.nodeId)];
      expect(new Set(nodes).size).toBe(3);
      expect(nodes).not.toContain(victim);
      writeFileSync(gate, "");
      const task = await until(
        "its end",
        () => client.task.get("j", "t"),
        ({ state }) => state === "completed",
      );
      expect(task.executionInfo).toMatchObject({ result: "success", retryCount: 0, requeueCount: 0 });
      expect(runsIn(notes).get("t")).toBe(2);
      await until(
        "nothing left",
        async () => lingering(),
        (left) => left.length === 0,
      );
      expect(server.errors).toEqual([]);
    },
  );

  it("is ended everywhere by its wall clock", async () => {
    await client.task.add("j", {
      id: "long",
      commandLine: "/bin/sleep 600",
      constraints: { maxWallClockTime: "PT2S" },
      multiInstanceSettings: { numberOfInstances: 4, coordinationCommandLine: "/bin/sh -c 'sleep 599 & true'" },
    });
    const task = await until(
      "its end",
      () => client.task.get("j", "long"),
      ({ state }) => state === "completed",
    );
    expect(task.executionInfo?.failureInfo?.code).toBe("TaskEnded");
    await until(
      "nothing left",
      async () => lingering(),
      (left) => left.length === 0,
    );
    await untilIdle(client, "p", 4);
  });
});
