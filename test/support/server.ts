import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../../core/ports/log.ts";
import { DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY } from "../../local/options.ts";
import { type Server, type StartOptions, startServer } from "../../local/server.ts";

export const programs = fileURLToPath(new URL("../../dist", import.meta.url));

export interface TestServer extends Server {
  readonly account: string;
  readonly key: string;
  readonly data: string;
  /** What it logged as errors: a test that expects none asserts so. */
  readonly errors: { event: string; fields?: unknown }[];
  /** Stops the server and removes its data. */
  close(): Promise<void>;
}

/** A real server in this process, with real agents, on a folder of its own and any free port. `more` may replace any option. */
export async function startTestServer(more: Partial<StartOptions> = {}): Promise<TestServer> {
  const data = mkdtempSync(join(tmpdir(), "shoal-test-"));
  const errors: TestServer["errors"] = [];
  const log: Log = (level, event, fields) => {
    if (level === "error") errors.push({ event, fields });
  };
  const options = { host: "127.0.0.1", port: 0, data, account: DEVELOPMENT_ACCOUNT, key: DEVELOPMENT_KEY, programs, log };
  const server = await startServer({ ...options, ...more });
  return {
    ...server,
    account: DEVELOPMENT_ACCOUNT,
    key: DEVELOPMENT_KEY,
    data,
    errors,
    close: async () => {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Resolves when the condition holds. Rejects, saying what it last saw, after `timeoutMs`. */
export async function until<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean, timeoutMs = 30_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}; last seen: ${JSON.stringify(seen)?.slice(0, 2000)}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}
