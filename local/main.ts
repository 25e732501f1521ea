import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { logLines } from "./log-lines.ts";
import { DEVELOPMENT_KEY, HELP, readOptions, type ServerOptions } from "./options.ts";
import { type Server, startServer } from "./server.ts";

const BAD_USAGE = 64;
const CANNOT_START = 1;

async function main(): Promise<void> {
  const options = optionsOrExit();
  const data = options.ephemeral ? mkdtempSync(join(tmpdir(), "shoal-")) : options.data;
  const server = await startServer({
    ...options,
    data,
    programs: dirname(fileURLToPath(import.meta.url)),
    log: logLines(process.stderr),
  }).catch((error: unknown) => exit(CANNOT_START, explain(error, options)));
  process.stdout.write(welcome(server.url, options, data));
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void stop(server, options, data);
    });
  }
}

async function stop(server: Server, options: ServerOptions, data: string): Promise<void> {
  process.stdout.write("Stopping: running tasks are given back...\n");
  try {
    await server.stop();
    if (options.ephemeral) rmSync(data, { recursive: true, force: true });
    process.stdout.write("Stopped.\n");
    process.exit(0);
  } catch (error) {
    exit(CANNOT_START, `Shoal did not stop cleanly: ${messageOf(error)}`);
  }
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
  const key = options.key === DEVELOPMENT_KEY ? options.key : "(the key you gave)";
  return `Shoal is ready: ${url}

  account  ${options.account}
  key      ${key}
  data     ${data}${options.ephemeral ? " (removed at the end)" : ""}

Paste into a client:
  export AZURE_BATCH_ACCOUNT=${options.account} AZURE_BATCH_ENDPOINT=${url} \\
         AZURE_BATCH_ACCESS_KEY=${key}

Stop with Ctrl+C.
`;
}

/** What a person can do about it. */
function explain(error: unknown, options: ServerOptions): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EADDRINUSE")
    return `Port ${options.port} on ${options.host} is taken. Stop what listens there, or choose another with --port (0: any).`;
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return `Cannot listen on ${options.host}:${options.port}: ${messageOf(error)}. Choose another --host or --port.`;
  return `Shoal cannot start: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exit(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

void main();
