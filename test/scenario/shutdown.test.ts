import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/server.ts";
import { type ServerProgram, startProgram } from "../support/server-program.ts";
import { addJob, noting, processesOf, readyPool, runsIn, tasksOf, textOf, untilComplete } from "../support/work.ts";

const STOP_MS = 5_000;

describe.skipIf(process.platform === "win32")("the server is stopped", () => {
  let folder: string;
  let data: string;
  let notes: string;
  let server: ServerProgram | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shoal-stop-"));
    data = join(folder, "data");
    notes = join(folder, "notes");
    mkdirSync(notes);
  });
  afterEach(async () => {
    await server?.end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "by %s in the middle of a job: within seconds; the tasks go on at the next start, and no count is charged",
    async (signal) => {
      server = await startProgram(["--data", data, "--port", "0"]);
      await readyPool(server.client, "p", 2, 2);
      const gate = join(folder, "gate");
      // Some tasks end before the stop, too few to make the nodes ask for work ahead; the others wait for the gate.
      await addJob(server.client, "quick", "p", 2, noting(notes, "echo out; echo err >&2;"));
      await untilComplete(server.client, "quick", 2);
      await addJob(
        server.client,
        "j",
        "p",
        12,
        noting(notes, `echo begun >> ${folder}/begun; until test -e ${gate}; do sleep 0.05; done;`),
      );
      const begun = async () => (existsSync(`${folder}/begun`) ? readFileSync(`${folder}/begun`, "utf8").split("\n").length - 1 : 0);
      await until("the commands of 4 tasks to run", begun, (count) => count === 4);
      const began = Date.now();
      expect(await server.end(signal)).toBe(0);
      expect(Date.now() - began).toBeLessThan(STOP_MS);
      expect(server.stdout()).toContain("Stopped.");
      expect(server.stderr()).toBe("");
      expect(processesOf(data)).toEqual([]);
      mkdirSync(gate);
      server = await startProgram(["--data", data, "--port", "0"]);
      await untilComplete(server.client, "j", 12);
      for (const task of await tasksOf(server.client, "j"))
        expect(task.executionInfo).toMatchObject({ result: "success", retryCount: 0, requeueCount: 0 });
      expect(runsIn(notes).get("t0000")).toBe(2);
      expect(await textOf(server.client, "quick", "t0001", "stdout.txt")).toBe("out\n");
      expect(await textOf(server.client, "quick", "t0001", "stderr.txt")).toBe("err\n");
    },
  );

  it("by the end of the shell that npm runs it in, which passes no signal on", async () => {
    const shell = { under: ["sh", "-c", '"$0" "$@"; true'], env: { npm_lifecycle_event: "start" } };
    const started = await startProgram(["--data", data, "--port", "0"], shell);
    await readyPool(started.client, "p", 1, 1);
    await started.end("SIGTERM");
    expect(started.stdout()).toContain("Stopped.");
    expect(processesOf(data)).toEqual([]);
  });

  it("with --ephemeral: nothing is left of it", async () => {
    const temporary = join(folder, "tmp");
    mkdirSync(temporary);
    server = await startProgram(["--ephemeral", "--port", "0"], { env: { TMPDIR: temporary } });
    await readyPool(server.client, "p", 1, 1);
    const place = /data +(\S+) \(removed at the end\)/.exec(server.stdout())?.[1] ?? "";
    expect(place.startsWith(temporary)).toBe(true);
    expect(existsSync(place)).toBe(true);
    expect(await server.end("SIGINT")).toBe(0);
    expect(existsSync(place)).toBe(false);
    expect(processesOf(temporary)).toEqual([]);
  });
});
