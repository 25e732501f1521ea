import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Where the server listens for its agents: a Unix socket's path, or a pipe's name on Windows. */
export interface Endpoint {
  readonly path: string;
}

/** The shortest limit among the systems (macOS), and a zero byte at the end. */
const LONGEST_SOCKET_PATH = 103;

/** The same for the same data folder always, so that agents find a server that was started again. */
export function endpointOf(dataFolder: string): Endpoint {
  const folder = resolve(dataFolder);
  const name = `shoal-${createHash("sha256").update(folder).digest("hex").slice(0, 24)}`;
  if (process.platform === "win32") return { path: `\\\\.\\pipe\\${name}` };
  const inside = join(folder, "agents.sock");
  return { path: Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `${name}.sock`) };
}
