import { LineReader } from "../core/protocol/lines.ts";
import { type AgentConfig, parseConfig } from "./config.ts";
import { logToStderr, messageOf } from "./log.ts";
import { runAgent } from "./run-agent.ts";
import { SocketTransport } from "./socket-transport.ts";

const MAX_CONFIG = 64 * 1024;
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
  return runAgent(config, new SocketTransport(endpoint, { machineId, secret }, logToStderr));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    logToStderr("error", "agent", { error: messageOf(error) });
    process.exit(BAD_CONFIG);
  },
);
