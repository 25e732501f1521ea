import { LineReader } from "../core/protocol/lines.ts";
import { Agent, type AgentEnd } from "./agent.ts";
import { type AgentConfig, parseConfig } from "./config.ts";
import { Directories } from "./directories.ts";
import { logToStderr, messageOf } from "./log.ts";
import { Launcher } from "./process.ts";
import { DiskRetention } from "./retention.ts";
import { SocketTransport } from "./socket-transport.ts";
import { systemTime } from "./time.ts";
import { uploadFile } from "./upload-file.ts";

const MAX_CONFIG = 64 * 1024;
/** How long a signal waits for the tasks to be given back. */
const GRACE_MS = 3_000;
const EXIT_CODES: Readonly<Record<AgentEnd, number>> = { left: 0, refused: 2, lost: 3 };
const BAD_CONFIG = 64;

function readConfig(): Promise<AgentConfig> {
  return new Promise((resolve, reject) => {
    const lines = new LineReader(MAX_CONFIG);
    process.stdin.on("data", (chunk: Buffer) => {
      try {
        const [line] = lines.push(chunk);
        if (line === undefined) return;
        // No more is read: nothing that the agent starts may hold on to where its secret came from.
        process.stdin.destroy();
        resolve(parseConfig(line));
      } catch (error) {
        reject(error);
      }
    });
    process.stdin.on("end", () => reject(new Error("The agent's configuration must be one line on stdin that ends in a newline.")));
    process.stdin.on("error", reject);
  });
}

async function main(): Promise<number> {
  // Whoever reads the logs may die first; the agent lives on, to connect to who comes after.
  process.stderr.on("error", () => {});
  const config = await readConfig();
  const { endpoint, machineId, secret } = config;
  const transport = new SocketTransport(endpoint, { machineId, secret }, logToStderr);
  const launcher = new Launcher(config.launcher, config.root, logToStderr);
  const disk = new Directories(config.root);
  const agent = new Agent(config, {
    transport,
    processes: launcher,
    disk,
    retention: (isRunning) => new DiskRetention(disk, isRunning, logToStderr),
    uploadLog: (containerUrl, name) => uploadFile(config.logFile, containerUrl, name),
    time: systemTime,
    log: logToStderr,
  });
  const ended = agent.run();
  const told = new Promise<AgentEnd>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        agent.leave("requeue", "restarted");
        setTimeout(() => resolve("left"), GRACE_MS);
      });
    }
  });
  const end = await Promise.race([ended, told]);
  await launcher.close();
  return EXIT_CODES[end];
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    logToStderr("error", "agent", { error: messageOf(error) });
    process.exit(BAD_CONFIG);
  },
);
