import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { logLines } from "./log-lines.ts";
import { HELP, isDevelopmentKey, readOptions, type ServerOptions } from "./options.ts";
import { type Server, startServer } from "./server.ts";
import { explainStart, messageOf } from "./start-failure.ts";

const FAILED = 1;
const BAD_USAGE = 64;
const BROKEN = 70;
const PARENT_CHECK_MS = 250;

async function main(): Promise<void> {
  // Whoever reads the output may end first; the server goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  process.on("uncaughtException", (error) =>
    exit(BROKEN, `Shoal broke: ${error.stack ?? error}\nWhat it acknowledged is safe. Start it again.`),
  );
  const options = optionsOrExit();
  const asked = stopRequest();
  const data = dataFolder(options);
  const server = await start(options, data);
  say(welcome(server.url, options, data));
  await asked;
  say("Stopping: running tasks are given back...");
  try {
    await server.stop();
    removeEphemeral(options, data);
  } catch (error) {
    exit(FAILED, `Shoal did not stop cleanly: ${messageOf(error)}`);
  }
  say("Stopped.");
  process.exit(0);
}

async function start(options: ServerOptions, data: string): Promise<Server> {
  const programs = dirname(fileURLToPath(import.meta.url));
  try {
    return await startServer({ ...options, data, programs, log: logLines(process.stderr) });
  } catch (error) {
    removeEphemeral(options, data);
    return exit(FAILED, explainStart(error, options, data));
  }
}

/** Resolves at the first signal, also when it comes while the server starts. The second ends the program at once. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (asked) exit(FAILED, "Ended at once. What ran is found, or run again, at the next start.");
        asked = true;
        resolve();
      });
    }
    if (process.env.npm_lifecycle_event !== undefined) onOrphaned(resolve);
  });
}

/** npm runs a script below a shell. A SIGTERM to npm ends that shell, which passes it on to nobody: the end of the parent stands for the signal. */
function onOrphaned(callback: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) callback();
  }, PARENT_CHECK_MS).unref();
}

function dataFolder(options: ServerOptions): string {
  if (!options.ephemeral) return options.data;
  try {
    return mkdtempSync(join(tmpdir(), "shoal-"));
  } catch (error) {
    return exit(FAILED, `No folder can be made in ${tmpdir()}: ${messageOf(error)}. Name another place in TMPDIR.`);
  }
}

function removeEphemeral(options: ServerOptions, data: string): void {
  if (options.ephemeral) rmSync(data, { recursive: true, force: true, maxRetries: 3 });
}

function optionsOrExit(): ServerOptions {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options) return options;
  } catch (error) {
    return exit(BAD_USAGE, `${messageOf(error)}\n\nnpm start -- --help tells what can be given.`);
  }
  process.stdout.write(HELP);
  process.exit(0);
}

function welcome(url: string, options: ServerOptions, data: string): string {
  const key = isDevelopmentKey(options.key) ? options.key : "(the key you gave)";
  return `Shoal is ready: ${url}

  account  ${options.account}
  key      ${key}
  data     ${data}${options.ephemeral ? " (removed at the end)" : ""}
  listens  on ${options.host}

Paste into a client:
  export AZURE_BATCH_ACCOUNT=${options.account} AZURE_BATCH_ENDPOINT=${url} \\
         AZURE_BATCH_ACCESS_KEY=${key}

Stop with Ctrl+C.`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function exit(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

void main();
