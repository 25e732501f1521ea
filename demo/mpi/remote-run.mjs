/**
 * What ssh is elsewhere, for the nodes of one multi-instance task: `serve`, as the coordination command, leaves a server running that runs what it is asked to
 * on its node; `run HOST COMMAND...`, as the launcher of mpirun, has the server of that host run the command, and shows what it writes. Both know the same
 * REMOTE_RUN_TOKEN. A host is `node-0`, `node-1` and so on, by its place in AZ_BATCH_HOST_LIST.
 */
import { spawn } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PORT = 6001;
const token = Buffer.from(process.env.REMOTE_RUN_TOKEN ?? "");
const [mode, host = "", ...words] = process.argv.slice(2);

/** Starts a server and ends when it listens. */
function serve() {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), "listen"], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: server.stdout }).once("line", (line) => {
    console.log(line);
    process.exit(0);
  });
  server.once("exit", (code) => process.exit(code || 1));
}

function listen() {
  // The pool's start task has noted it: there, as in any plain task, the list of hosts is the node itself.
  const own = readFileSync(`${process.env.AZ_BATCH_NODE_SHARED_DIR}/address`, "utf8").trim();
  const server = createServer((socket) => {
    createInterface({ input: socket }).once("line", (line) => answer(socket, JSON.parse(line)));
    socket.on("error", () => {});
  });
  server.listen(PORT, own, () => console.log(`listens on ${own}`));
}

function answer(socket, asked) {
  const given = Buffer.from(asked.token);
  if (token.length === 0 || given.length !== token.length || !timingSafeEqual(given, token)) return socket.destroy();
  const child = spawn("/bin/sh", ["-c", asked.command], { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => socket.write(data));
  child.once("close", () => socket.end());
}

function run() {
  const address = process.env.AZ_BATCH_HOST_LIST.split(",")[Number(host.replace("node-", ""))];
  const socket = connect(PORT, address, () => socket.write(`${JSON.stringify({ token: token.toString(), command: words.join(" ") })}\n`));
  socket.on("error", (error) => {
    console.error(`${host}: ${error.message}`);
    process.exit(1);
  });
  socket.pipe(process.stdout);
}

({ serve, listen, run })[mode]();
