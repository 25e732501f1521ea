import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/server.ts";
import { runProgram, type ServerProgram, startProgram } from "../support/server-program.ts";
import { addJob, noting, processesOf, readyPool, runsIn, tasksOf, untilComplete } from "../support/work.ts";

/** A small disk of its own; undefined where this user may not mount one. */
function smallDisk(folder: string): boolean {
  return process.platform === "linux" && spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]).status === 0;
}
const probe = mkdtempSync(join(tmpdir(), "shoal-mount-"));
const mayMount = smallDisk(probe);
if (mayMount) spawnSync("umount", [probe]);
rmSync(probe, { recursive: true });

describe.skipIf(!mayMount)("the disk is full (needs the right to mount one)", () => {
  let folder: string;
  let disk: string;
  let notes: string;
  let server: ServerProgram | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shoal-full-"));
    disk = join(folder, "disk");
    notes = join(folder, "notes");
    mkdirSync(disk);
    mkdirSync(notes);
    expect(smallDisk(disk)).toBe(true);
  });
  afterEach(async () => {
    await server?.end("SIGTERM");
    server = undefined;
    spawnSync("umount", ["--lazy", disk]);
    rmSync(folder, { recursive: true, force: true });
  });

  const fill = () => {
    const file = openSync(join(disk, "filler"), "w");
    for (let size = 1 << 20; size >= 1; size >>= 1) {
      try {
        for (;;) if (writeSync(file, Buffer.alloc(size)) < size) break;
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
      }
    }
    closeSync(file);
  };
  /** Leaves so many bytes. */
  const fillUpTo = (left: number) => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, "filler"), Buffer.alloc(bavail * bsize - left));
  };
  const free = () => rmSync(join(disk, "filler"));

  it("while tasks run: what was acknowledged is done once there is room, and nothing else was", async () => {
    server = await startProgram(["--data", join(disk, "data"), "--port", "0"]);
    const { client } = server;
    await readyPool(client, "p", 2, 2);
    const gate = join(folder, "gate");
    await addJob(client, "j", "p", 20, noting(notes, `until test -e ${gate}; do sleep 0.05; done;`));
    fill();
    const acknowledged = new Set(Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(4, "0")}`));
    let refusal: unknown;
    for (let i = 0; i < 2_000 && refusal === undefined; i++) {
      const id = `more-${i}`;
      await client.task.add("j", { id, commandLine: noting(notes) }).then(
        () => acknowledged.add(id),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toMatchObject({ statusCode: 503, code: "ServerBusy" });
    expect(JSON.stringify((refusal as { body?: unknown }).body)).not.toMatch(/ at |\.ts|data\.mdb/);
    expect((await client.job.get("j")).state).toBe("active");
    mkdirSync(gate);
    await until(
      "runs",
      async () => runsIn(notes).size,
      (runs) => runs >= 4,
    );
    free();
    await untilComplete(client, "j", acknowledged.size);
    const tasks = await tasksOf(client, "j");
    expect(new Set(tasks.map(({ id }) => id))).toEqual(acknowledged);
    for (const task of tasks) expect(task.executionInfo).toMatchObject({ result: "success", retryCount: 0, requeueCount: 0 });
    expect([...runsIn(notes).values()].every((count) => count === 1)).toBe(true);
    expect(server.stderr()).toMatch(/its disk is full, \d+ bytes are free: free some space/);
  });

  it("for tasks, not yet for the server: nodes are unusable and say why, and work again when there is room", async () => {
    server = await startProgram(["--data", join(disk, "data"), "--port", "0"]);
    const { client } = server;
    await readyPool(client, "p", 2, 2);
    fillUpTo(24 * 1024 * 1024);
    const nodes = () => client.computeNode.list("p");
    const states = (seen: Awaited<ReturnType<typeof nodes>>) => [...seen].map(({ state }) => state);
    const full = await until("unusable nodes", nodes, (seen) => states(seen).every((state) => state === "unusable"));
    for (const node of full) expect(node.errors).toMatchObject([{ code: "DiskFull", message: expect.stringContaining("Remove files") }]);
    await addJob(client, "j", "p", 4, noting(notes));
    expect(await tasksOf(client, "j")).toMatchObject(Array(4).fill({ state: "active" }));
    free();
    await untilComplete(client, "j", 4);
    for (const node of await nodes()) expect(node).toMatchObject({ state: expect.stringMatching(/idle|running/) });
    for (const task of await tasksOf(client, "j")) expect(task.executionInfo).toMatchObject({ result: "success", requeueCount: 0 });
  });

  it("when the server is stopped: it ends within seconds, and nothing is lost", async () => {
    server = await startProgram(["--data", join(disk, "data"), "--port", "0"]);
    await readyPool(server.client, "p", 1, 2);
    const gate = join(folder, "gate");
    await addJob(server.client, "j", "p", 4, noting(notes, `echo >> ${folder}/begun; until test -e ${gate}; do sleep 0.05; done;`));
    await until(
      "a task to run",
      async () => existsSync(join(folder, "begun")),
      (begun) => begun,
    );
    fill();
    const began = Date.now();
    expect(await server.end("SIGTERM")).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(processesOf(disk)).toEqual([]);
    free();
    mkdirSync(gate);
    server = await startProgram(["--data", join(disk, "data"), "--port", "0"]);
    await untilComplete(server.client, "j", 4);
    for (const task of await tasksOf(server.client, "j")) expect(task.executionInfo).toMatchObject({ result: "success", requeueCount: 0 });
  });

  it("at the start: it says so, and starts when there is room", async () => {
    fill();
    const refused = await runProgram(["--data", join(disk, "data"), "--port", "0"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/disk is full/);
    expect(refused.stderr).toMatch(/[Ff]ree some space/);
    free();
    server = await startProgram(["--data", join(disk, "data"), "--port", "0"]);
    expect(await server.client.pool.list()).toHaveLength(0);
  });
});
