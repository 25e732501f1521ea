import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { BatchServiceClient } from "@azure/batch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, until } from "../support/server.ts";
import { clientOf } from "../support/server-program.ts";
import { addJob, readyPool, tasksOf, textOf, untilComplete } from "../support/work.ts";

const SECRET = /[A-Za-z0-9_-]{43}/;

describe.skipIf(process.platform !== "linux")("a node's secret and files", () => {
  let server: TestServer;
  let client: BatchServiceClient;
  beforeAll(async () => {
    server = await startTestServer();
    client = clientOf(server.url);
    await readyPool(client, "p", 2, 1);
  });
  afterAll(() => server.close());

  const machines = () =>
    readdirSync(join(server.data, "nodes")).map((machineId) => {
      const record = JSON.parse(readFileSync(join(server.data, "nodes", machineId, "machine.json"), "utf8"));
      return { machineId, pid: record.process.pid as number, secretHash: record.secretHash as string };
    });
  /** Says lines to the server as an agent would; answers what it says back until it hangs up, or for as long as `waitMs`. */
  const say = (lines: object[], waitMs = 10_000) =>
    new Promise<string>((resolve, reject) => {
      let heard = "";
      const socket = connect(join(server.data, "agents.sock"), () => {
        for (const line of lines) socket.write(`${JSON.stringify(line)}\n`);
      });
      socket.on("data", (chunk) => {
        heard += chunk.toString();
      });
      socket.on("close", () => resolve(heard));
      socket.on("error", reject);
      socket.setTimeout(waitMs, () => socket.destroy());
    });
  const forged = (taskId: string, uid: string, attempt: number) => ({
    type: "report",
    id: 1,
    report: {
      boot: 1,
      seq: 1,
      load: { want: 0, busy: 0, slotsInUse: 0 },
      events: [
        { kind: "task-finished", task: { jobId: "held", uid, taskId }, attempt, end: { startTime: "x", endTime: "x", exitCode: 0 } },
      ],
    },
  });

  it("are nowhere that a task of the node can look by ordinary means", async () => {
    const look = [
      "env",
      'for p in $PPID $(cat /proc/$PPID/stat | cut -d" " -f4); do tr "\\\\0" "\\\\n" < /proc/$p/environ; tr "\\\\0" "\\\\n" < /proc/$p/cmdline; ls -l /proc/$p/fd; done',
      "ls -l /proc/self/fd",
      `cat ${server.data}/nodes/*/machine.json ${server.data}/nodes/*/root/startup/agent.log`,
      `grep -raoE "\\"secret\\"" ${server.data} | head -1`,
    ];
    await addJob(client, "look", "p", 1, `/bin/sh -c '${look.join("; ").replaceAll("'", "'\\''")}'`);
    await untilComplete(client, "look", 1);
    const seen = await textOf(client, "look", "t0000", "stdout.txt");
    expect(seen).toContain("AZ_BATCH_TASK_ID=t0000");
    expect(seen).toContain("launcher.js");
    expect(seen).toContain("agent.js");
    const hashes = machines().map(({ secretHash }) => secretHash);
    for (const line of seen.split("\n")) {
      const withoutHash = hashes.reduce((text, hash) => text.replaceAll(hash, ""), line);
      // Machines' names, sockets' numbers and the like are shorter.
      expect(withoutHash.replaceAll(server.data, "").match(SECRET)?.[0] ?? "").toBe("");
    }
    expect(seen).not.toContain('"secret"');
    // Standard input, output and error are its own, and nothing else of the agent's is open in a task.
    const own = seen.slice(seen.lastIndexOf("total"));
    expect(own).not.toMatch(/agents\.sock|socket:|agent\.log/);
  });

  it("a hello with another's name or a guessed secret is refused, and the node stays connected", async () => {
    const [first, second] = machines();
    for (const secret of ["", "guess", first?.secretHash ?? ""]) {
      expect(await say([{ type: "hello", machineId: first?.machineId, secret }])).toMatch(/^\{"type":"refused"/);
    }
    expect(await say([{ type: "hello", machineId: "../x", secret: "guess" }])).toMatch(/^\{"type":"refused"/);
    expect(second?.machineId).not.toBe(first?.machineId);
    await addJob(client, "still", "p", 4, "/bin/true");
    await untilComplete(client, "still", 4);
    expect(await client.computeNode.list("p")).toHaveLength(2);
  });

  it("a report without a hello, or after a refused one, changes nothing", async () => {
    await addJob(client, "held", "p", 1, "/bin/sleep 600");
    await until(
      "it to run",
      () => tasksOf(client, "held"),
      ([task]) => task?.state === "running",
    );
    const item = await server.context.store.get(server.context.keys.job("held"));
    const report = forged("t0000", String(item?.uid), 1);
    const [first] = machines();
    await say([report]);
    expect(await say([{ type: "hello", machineId: first?.machineId, secret: "guess" }, report])).not.toContain("accepted");
    expect((await client.task.get("held", "t0000")).state).toBe("running");
    await client.job.terminate("held");
  });

  it("a task's links lead no reader out of its node", async () => {
    const outside = join(server.data, "store", "format");
    const links = `ln -s ${outside} leak; ln -s / slash; ln -s ../../../../../../machine.json up; echo fine > own; ln -s own inside`;
    await addJob(client, "links", "p", 1, `/bin/sh -c '${links}'`);
    await untilComplete(client, "links", 1);
    expect(await textOf(client, "links", "t0000", "wd/inside")).toBe("fine\n");
    for (const path of ["wd/leak", "wd/slash/etc/passwd", "wd/up"]) {
      await expect(textOf(client, "links", "t0000", path)).rejects.toMatchObject({ statusCode: 404 });
    }
    const names = (await client.file.listFromTask("links", "t0000", { recursive: true })).map(({ name }) => name);
    expect(names).toContain("wd/own");
    expect(names.filter((name) => /leak|slash|up$/.test(name ?? ""))).toEqual([]);
  });
});
