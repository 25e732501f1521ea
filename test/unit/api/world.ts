import { ManualClock } from "../../../adapters/memory/manual-clock.ts";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { seededIds } from "../../../adapters/memory/seeded-ids.ts";
import { createApp } from "../../../core/api/app.ts";
import { Keys } from "../../../core/domain/keys.ts";
import { signUrl } from "../../../core/domain/signed-url.ts";
import { signedWith } from "../../../core/domain/task-token.ts";
import type { Context } from "../../../core/services/context.ts";
import { MemoryFiles } from "./memory-files.ts";
import { MemoryNodeFiles } from "./memory-node-files.ts";
import { signed } from "./signing.ts";

export const ACCOUNT = "shoal";
export const KEY = Buffer.from("a key for tests, of no use elsewhere").toString("base64");
export const ORIGIN = "http://batch.test:8470";
export const NEWEST = "2024-07-01.20.0";

/** The whole app over memory: nothing listens to its queues, so nothing happens but what a request does. */
export function apiWorld(now = Date.UTC(2026, 10, 24, 6, 0, 0)) {
  const clock = new ManualClock(now);
  const files = new MemoryFiles(clock, (container, name, permissions, seconds) =>
    signUrl({ key: KEY, baseUrl: `${ORIGIN}/storage`, container, name, permissions, seconds, now: clock.now() }),
  );
  const nodeFiles = new MemoryNodeFiles();
  const logged: { event: string; fields?: Readonly<Record<string, unknown>> | undefined }[] = [];
  const context: Context = {
    store: new MemoryStore(),
    keys: new Keys(ACCOUNT, 2),
    fleet: {
      launch: async () => ({ machines: [] }),
      terminate: async () => {},
      reboot: async () => {},
      reimage: async () => {},
      stop: async () => {},
      start: async () => {},
      list: async () => [],
    },
    files,
    nodeFiles,
    clock,
    ids: seededIds(clock, 1),
    log: () => undefined,
    doorbell: { send: async () => undefined },
    work: { send: async () => undefined },
    sign: (text) => signedWith(KEY, text),
    nodes: { send: async () => undefined, remove: async () => undefined },
    settings: { accountName: ACCOUNT, accountUrl: ORIGIN, heartbeatSeconds: 10, lostAfterSeconds: 60, sweepSeconds: 60 },
  };
  const keys = [KEY, Buffer.from("the other key of the account").toString("base64")];
  const app = createApp({
    context,
    accountName: ACCOUNT,
    keys: async () => keys,
    log: (_level, event, fields) => logged.push({ event, fields }),
  });

  /** Sends exactly this target, as a transport would; `path` may hold dot segments. */
  const raw = (
    method: string,
    target: string,
    init: { headers?: Record<string, string>; body?: RequestInit["body"] } = {},
  ): Promise<Response> => {
    const request = new Request(`${ORIGIN}/`, { method, ...init, duplex: "half" } as RequestInit);
    return Promise.resolve(app.fetch(request, { target }));
  };

  /** A signed call of the newest version; a body that is no string goes as JSON. */
  const call = (method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Response> => {
    const version = options.version === undefined ? NEWEST : options.version;
    const target = version === null ? path : `${path}${path.includes("?") ? "&" : "?"}api-version=${version}`;
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const headers: Record<string, string> = {
      "ocp-date": new Date(clock.now()).toUTCString(),
      ...(text !== undefined && {
        "content-type": "application/json; odata=minimalmetadata",
        "content-length": String(Buffer.byteLength(text)),
      }),
      ...options.headers,
    };
    const init = { headers: signed({ method, target, headers, account: ACCOUNT, key: KEY }), ...(text !== undefined && { body: text }) };
    return raw(method, target, init);
  };
  return { app, clock, context, files, nodeFiles, logged, raw, call };
}

export interface CallOptions {
  /** null: none at all. */
  readonly version?: string | null;
  readonly headers?: Record<string, string>;
}

export type ApiWorld = ReturnType<typeof apiWorld>;

/** The body of an error, as Azure's clients read it. */
export interface WireError {
  code: string;
  message: { lang: string; value: string };
  values?: { key: string; value: string }[];
}

export async function errorOf(response: Response): Promise<WireError & { status: number }> {
  return { status: response.status, ...((await response.json()) as WireError) };
}

export const POOL = {
  id: "Pool-1",
  vmSize: "STANDARD_D2_V3",
  virtualMachineConfiguration: {
    imageReference: { publisher: "canonical", offer: "ubuntu", sku: "22_04" },
    nodeAgentSKUId: "batch.node.ubuntu 22.04",
  },
  targetDedicatedNodes: 2,
};
export const JOB = { id: "Job-1", poolInfo: { poolId: "Pool-1" } };
export const TASK = { id: "task-1", commandLine: "/bin/true" };
