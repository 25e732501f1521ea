/**
 * The embedded server: the only place that knows which adapters are plugged into core here.
 *
 * Life: open the store, adopt the agents that an earlier server left running, listen for agents, feed the handlers from the queues, look
 * over everything once (a crash may have lost any hint), and listen for clients. Its end is the same backwards; running tasks are given back first.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { AgentLink } from "../adapters/embedded/agent-link.ts";
import { DiskFileStore } from "../adapters/embedded/disk-file-store.ts";
import { DiskNodeFiles } from "../adapters/embedded/disk-node-files.ts";
import { endpointOf } from "../adapters/embedded/endpoint.ts";
import { systemIds } from "../adapters/embedded/ids.ts";
import { KeptOutputs } from "../adapters/embedded/kept-outputs.ts";
import { LmdbEnvironment } from "../adapters/embedded/lmdb-environment.ts";
import { LmdbJournal } from "../adapters/embedded/lmdb-journal.ts";
import { LmdbStore } from "../adapters/embedded/lmdb-store.ts";
import { ProcessFleet } from "../adapters/embedded/process-fleet.ts";
import { InProcessQueue, type QueueOptions } from "../adapters/embedded/queue.ts";
import { systemClock } from "../adapters/embedded/system-clock.ts";
import { systemTimers } from "../adapters/timers.ts";
import { createApp } from "../core/api/app.ts";
import { Keys } from "../core/domain/keys.ts";
import { nodeIdOf } from "../core/domain/node-id.ts";
import { signUrl } from "../core/domain/signed-url.ts";
import { signedWith } from "../core/domain/task-token.ts";
import type { Log } from "../core/ports/log.ts";
import type { NodeEnvelope, Ring, Work } from "../core/protocol/messages.ts";
import type { Context, Settings } from "../core/services/context.ts";
import { ring } from "../core/services/ring.ts";
import { sweepAll } from "../core/services/sweeps/sweep-all.ts";
import { agentFlags } from "../node-agent/heap-flags.ts";
import { killLeftovers } from "../node-agent/process-groups.ts";
import { expireOutputs } from "./expire-outputs.ts";
import { listenHttp } from "./http-listener.ts";
import { startPumps } from "./pumps.ts";
import { takeAll } from "./take-all.ts";

export interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly account: string;
  readonly key: string;
  /** Where the agent's programs are: agent.js and launcher.js. */
  readonly programs: string;
  readonly log: Log;
  /** How soon a silent node is given up: for tests, which cannot wait for long. */
  readonly settings?: Partial<Pick<Settings, "heartbeatSeconds" | "lostAfterSeconds" | "sweepSeconds" | "poolQuota" | "coreQuota">>;
}

export interface Server {
  readonly url: string;
  /** For tests and benches, which look at what is stored and move what is inside. */
  readonly context: Context;
  readonly machines: ProcessFleet;
  /** Takes no more requests, has the nodes give their tasks back, and ends. */
  stop(): Promise<void>;
}

const MOST_NODES = 256;
/** As many pools as an account of Azure has at first. */
const POOL_QUOTA = 100;
const MAX_RECEIVES = 10;
/** A report is tried for a week, however long the disk stays full. */
const MAX_REPORT_RECEIVES = 10_000;
const SWEEP_ALL_MS = 5 * 60_000;
const AGENT_GRACE_MS = 5_000;

/** Rejects where the data folder cannot be used or the address cannot be listened on; then the folder is free again. */
export async function startServer(options: StartOptions): Promise<Server> {
  const data = resolve(options.data);
  mkdirSync(data, { recursive: true });
  const environment = LmdbEnvironment.open(join(data, "store"));
  try {
    return await serve(options, data, environment);
  } catch (error) {
    await environment.close();
    throw error;
  }
}

async function serve(options: StartOptions, data: string, environment: LmdbEnvironment): Promise<Server> {
  const { log } = options;
  const queue = <T>(name: string, more: Partial<QueueOptions<T>> = {}) =>
    new InProcessQueue<T>({ name, clock: systemClock, timers: systemTimers, log, maxReceives: MAX_RECEIVES, ...more });
  // What nodes report must not be lost once it is accepted; rings and later work are made again from the items at the start.
  const events = queue<NodeEnvelope>("node-events", {
    journal: new LmdbJournal(environment, "node-events"),
    maxReceives: MAX_REPORT_RECEIVES,
  });
  const doorbell = queue<Ring>("pool-doorbell", { fifo: true });
  const work = queue<Work>("work");

  const endpoint = endpointOf(data);
  const nodesFolder = join(data, "nodes");
  const kept = new KeptOutputs(join(data, "kept"));
  const machines = new ProcessFleet({
    folder: nodesFolder,
    endpoint,
    program: {
      agent: join(options.programs, "agent.js"),
      launcher: join(options.programs, "launcher.js"),
      flags: agentFlags,
      environment: agentEnvironment(),
    },
    maxMachines: MOST_NODES,
    graceMs: AGENT_GRACE_MS,
    endLeftovers: killLeftovers,
    retire: (machineId, root) => kept.keep(machineId, root, systemClock.now()),
    timers: systemTimers,
    log,
  });
  const link = new AgentLink({
    endpoint,
    authenticate: (id, secret) => machines.authenticate(id, secret),
    events,
    timers: systemTimers,
    log,
  });
  let accountUrl = "";
  const ids = systemIds(systemClock);
  const files = await DiskFileStore.open({
    folder: join(data, "containers"),
    environment,
    clock: systemClock,
    ids,
    sign: (container, name, permissions, seconds) =>
      signUrl({ key: options.key, baseUrl: `${accountUrl}/storage`, container, name, permissions, seconds, now: systemClock.now() }),
  });
  const context: Context = {
    store: new LmdbStore(environment),
    keys: new Keys(options.account, 1),
    fleet: machines,
    files,
    nodeFiles: new DiskNodeFiles((machineId) => machines.rootOf(machineId) ?? kept.rootOf(machineId), kept),
    clock: systemClock,
    ids,
    log,
    doorbell,
    work,
    sign: (text) => signedWith(options.key, text),
    nodes: {
      // What is meant for a machine that is gone would wait for it for good.
      send: async (machineId, messages) => (machines.runs(machineId) ? link.send(machineId, messages) : undefined),
      remove: (machineId) => link.remove(machineId),
    },
    settings: {
      accountName: options.account,
      get accountUrl() {
        return accountUrl;
      },
      heartbeatSeconds: 5,
      lostAfterSeconds: 30,
      // Between a node's missed heartbeats and its being given up there is a sweep, which shows it as unknown.
      sweepSeconds: 15,
      poolQuota: POOL_QUOTA,
      startedAt: systemClock.now(),
      ...options.settings,
    },
  };

  await machines.adopt();
  machines.onExit((machineId, { poolId }) => {
    const nodeIds = [true, false].map((dedicated) => nodeIdOf({ machineId, dedicated }));
    // A ring that is lost is made good by the next sweep of the pool.
    ring(context, { pool: { poolId }, lost: nodeIds.map((nodeId) => ({ nodeId, why: "gone" as const })) }).catch((error: unknown) =>
      log("error", "machine-exit.not-told", { machineId, error }),
    );
  });
  const app = createApp({ context, accountName: options.account, keys: async () => [options.key], log });
  const http = await listenHttp({ host: options.host, port: options.port, fetch: (request, env) => app.fetch(request, env) });
  accountUrl = urlOf(options.host, http.port);
  await link.listen();
  const pumps = startPumps(context, { events, doorbell, work }, log);
  await sweepAll(context, true);
  const expiry = expireOutputs(kept, systemClock, systemTimers, log);
  const sweeper = setInterval(() => {
    work.send([{ body: { kind: "sweep-all" } }]).catch((error: unknown) => log("error", "sweep.not-asked", { error }));
  }, SWEEP_ALL_MS);
  return {
    url: accountUrl,
    context,
    machines,
    stop: () => {
      clearInterval(sweeper);
      return takeAll([
        () => http.close(2_000),
        // First no pass hands out any more, and no node is replaced; then the nodes give back what they have, and that is recorded.
        () => pumps.doorbell.stop(),
        () => machines.stopAll(),
        () => pumps.events.stop(),
        () => pumps.work.stop(),
        () => expiry.stop(),
        () => link.close(),
        () => environment.close(),
      ]);
    },
  };
}

/** As this machine, on which the nodes run too, reaches it: an address that stands for all of them is none to call. */
function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** What an agent finds in its environment: what it takes to find programs, and nothing of the server's. */
function agentEnvironment(): NodeJS.ProcessEnv {
  const passed = ["PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SystemRoot", "ComSpec", "PATHEXT", "USERPROFILE"];
  return Object.fromEntries(passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
