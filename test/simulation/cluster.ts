/**
 * The whole service in one process under one seed: all of core behind its real handlers, simulated queues, store, fleet and machines with the real
 * agent. Every call that a handler makes to the world takes time and may be its last.
 */
import { seededIds } from "../../adapters/memory/seeded-ids.ts";
import { Keys } from "../../core/domain/keys.ts";
import { nodeIdOf } from "../../core/domain/node-id.ts";
import type { NodeEnvelope, Ring, Work } from "../../core/protocol/messages.ts";
import type { Context, Settings } from "../../core/services/context.ts";
import { doWork } from "../../core/services/do-work.ts";
import { runPoolPass } from "../../core/services/passes/run-pool-pass.ts";
import { recordReports } from "../../core/services/reports/record-reports.ts";
import { type FaultRates, Faults } from "./faults.ts";
import { Host, type HostWorld, storeOn } from "./host.ts";
import { Loop } from "./loop.ts";
import { checkManagersFirst } from "./managers.ts";
import { checkPriorities, snapshot } from "./priorities.ts";
import { Random } from "./random.ts";
import { SimFleet } from "./sim-fleet.ts";
import { SimMachine } from "./sim-machine.ts";
import { SimQueue } from "./sim-queue.ts";
import { Trace } from "./trace.ts";
import { UpgradeBook } from "./upgrade-book.ts";
import { Violation } from "./violation.ts";
import { Watch } from "./watch.ts";
import { WatchedStore } from "./watched-store.ts";

const SETTINGS: Settings = { accountName: "sim", accountUrl: "http://sim", heartbeatSeconds: 30, lostAfterSeconds: 180, sweepSeconds: 60 };
/** With some seeds idle nodes speak this seldom. */
const IDLE_HEARTBEAT_S = 300;
const SWEEP_ALL_MS = 300_000;
/** So large a part of the passes is watched for inverted priorities, which takes long. */
const WATCHED_PASSES = 0.1;
const MOST_WATCHED = 2_000;

export interface ClusterOptions {
  readonly rates: FaultRates;
  readonly spare?: ReadonlySet<number>;
  readonly keepTrace?: boolean;
}

export class Cluster {
  readonly loop = new Loop();
  readonly random: Random;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly store: WatchedStore;
  readonly fleet: SimFleet;
  readonly events: SimQueue<NodeEnvelope>;
  readonly doorbell: SimQueue<Ring>;
  readonly work: SimQueue<Work>;
  /** What ended the run, if anything did: a violation, or an error that nobody expected. */
  broken: unknown;
  /** Users have gone home. */
  quiet = false;
  private readonly world: HostWorld;
  readonly watch: Watch;
  private readonly keys = new Keys("sim", 2);
  private readonly ids: Context["ids"];
  private readonly settings: Settings;
  /** Slots of the nodes of each pool, by the pool's id: what the story asked for. */
  readonly poolSlots = new Map<string, number>();
  private readonly machinePools = new Map<string, string>();
  private readonly upgrades = new UpgradeBook();
  private hosts = 0;
  private sweeping = true;

  constructor(seed: number, options: ClusterOptions) {
    this.random = new Random(seed);
    this.settings = seed % 2 === 0 ? SETTINGS : { ...SETTINGS, idleHeartbeatSeconds: IDLE_HEARTBEAT_S };
    this.trace = new Trace(this.loop, options.keepTrace === true);
    this.faults = new Faults(options.rates, this.random.fork(), options.spare);
    this.world = { loop: this.loop, random: this.random.fork(), faults: this.faults, trace: this.trace };
    this.ids = seededIds(this.loop, seed);
    this.watch = new Watch(
      { slotsOf: (machineId) => this.poolSlots.get(this.machinePools.get(machineId) ?? "") ?? 1 },
      () => this.faults.calls === 0,
      {
        now: () => this.loop.now(),
        items: () => this.store.inner.dump(),
        isAlive: (machineId) => this.fleet.machines.some(({ machine }) => machine.machineId === machineId),
      },
    );
    this.store = new WatchedStore((before, after, write) =>
      this.guard(() => {
        this.watch.wrote(before, after, write);
        this.upgrades.wrote(before, after);
      }),
    );
    this.fleet = new SimFleet(this.world, (machine, poolId) => this.makeMachine(machine, poolId));
    const host = (name: string, onDeath: () => void) => this.host(name, onDeath);
    const common = { visibilityMs: 60_000, maxReceives: 100 };
    this.events = new SimQueue({ ...common, name: "events", fifo: false, batch: 10 }, this.world, host, (on, reports, receives) =>
      recordReports(this.context(on), reports, receives > 1),
    );
    this.doorbell = new SimQueue({ ...common, name: "doorbell", fifo: true, batch: 10 }, this.world, host, async (on, rings, receives) => {
      const poolId = rings[0]?.pool.poolId ?? "";
      const watched = this.random.chance(WATCHED_PASSES) && this.store.size < MOST_WATCHED;
      // A job that some node cannot be prepared for leaves its place there to others.
      const look = () => snapshot(this.store.inner.dump(), poolId, (job) => this.watch.preparations.hasFailed(job.id));
      const before = watched ? look() : undefined;
      await runPoolPass(this.context(on), poolId, rings, receives > 1);
      if (!before) return;
      const after = look();
      this.guard(() => checkPriorities(before, after, poolId));
      this.guard(() => checkManagersFirst(before, after));
    });
    this.work = new SimQueue({ ...common, name: "work", fifo: false, batch: 1 }, this.world, host, async (on, pieces) => {
      for (const piece of pieces) await doWork(this.context(on), piece);
    });
    this.sweepLater();
  }

  /** Runs until the condition holds or the time is up; a violation ends it. */
  async run(milliseconds: number, done: () => boolean = () => false): Promise<void> {
    await this.loop.run(this.loop.now() + milliseconds, () => this.broken !== undefined || done());
    if (this.broken !== undefined) throw this.broken;
  }

  /** A host of its own for one request of a client. */
  host(name: string, onDeath: () => void): Host {
    return new Host(`${name}#${++this.hosts}`, this.world, onDeath);
  }

  /** Core's context as seen from a host. */
  context(host: Host): Context {
    return {
      store: storeOn(host, this.store, this.world),
      keys: this.keys,
      clock: this.loop,
      ids: this.ids,
      sign: () => "signature",
      log: () => {},
      settings: this.settings,
      doorbell: this.doorbell.on(host),
      work: this.work.on(host),
      fleet: {
        launch: (request) => host.call(`launch ${request.wave}`, false, () => this.fleet.launch(request)),
        terminate: (pool, ids) => host.call(`terminate ${ids.join(" ")}`, false, () => this.fleet.terminate(pool, ids)),
        reboot: (pool, ids) => host.call(`reboot ${ids.join(" ")}`, false, () => this.fleet.reboot(pool, ids)),
        reimage: (pool, ids) => host.call(`reimage ${ids.join(" ")}`, false, () => this.fleet.reimage(pool, ids)),
        start: (pool, ids) => host.call(`start ${ids.join(" ")}`, false, () => this.fleet.reboot(pool, ids)),
        stop: (pool, ids) =>
          host.call(`stop ${ids.join(" ")}`, false, () => {
            this.watch.preparations.rested(ids);
            return this.fleet.stop(pool, ids);
          }),
        list: (pool) => host.call("list machines", false, () => this.fleet.list(pool)),
      },
      nodes: {
        send: (machineId, messages) =>
          host.call(`tell ${machineId} ${messages.map((one) => one.kind).join(" ")}`, false, () => this.fleet.send(machineId, messages)),
        remove: (machineId) => host.call(`remove queue ${machineId}`, false, () => this.fleet.removeQueue(machineId)),
      },
      files: unused("files"),
      nodeFiles: { ...noFiles, forget: () => host.call("forget files", false, async () => {}) },
    };
  }

  stopSweeping(): void {
    this.sweeping = false;
  }

  /** What a check found ends the run. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.broken ??= error;
      if (!(error instanceof Violation)) throw error;
    }
  }

  private makeMachine(machine: ConstructorParameters<typeof SimMachine>[0], poolId: string): SimMachine {
    this.machinePools.set(machine.machineId, poolId);
    const watch = {
      started: (id: string, program: Parameters<Watch["started"]>[1]) => {
        let answer = { exitCode: 0 };
        this.trace.say(id, `runs ${program.task}`);
        this.guard(() => {
          answer = this.watch.started(id, program);
        });
        return answer;
      },
      ended: (id: string, program: Parameters<Watch["ended"]>[1], exitCode?: number) => {
        this.trace.say(id, `${program.task} ends: ${exitCode ?? "killed"}`);
        this.watch.ended(id, program, exitCode);
      },
      left: (id: string, program: Parameters<Watch["left"]>[1]) => {
        this.trace.say(id, `what ${program.task} left ends`);
        this.watch.left(id, program);
      },
      booted: (id: string) => this.watch.booted(id),
      emptied: (id: string) => this.watch.emptied(id),
      guard: (check: () => void) => this.guard(check),
    };
    const send = (envelope: NodeEnvelope) => {
      this.trace.say(envelope.machineId, `reports ${envelope.report.events.map((event) => event.kind).join(" ")}`);
      this.events.accept([{ body: envelope }]);
    };
    return new SimMachine(machine, poolId, this.world, send, watch, () => this.machineGone(machine, poolId));
  }

  /** The cloud usually tells of a machine's end; when it does not, a sweep finds it. */
  private machineGone(machine: { machineId: string; dedicated: boolean }, poolId: string): void {
    if (!this.random.chance(0.8)) return;
    const lost = [{ nodeId: nodeIdOf(machine), why: "gone" as const }];
    this.loop.after(1000, () => this.doorbell.accept([{ body: { pool: { poolId }, lost }, group: poolId.toLowerCase() }]));
  }

  private sweepLater(): void {
    this.loop.after(SWEEP_ALL_MS, () => {
      if (!this.sweeping) return;
      this.work.accept([{ body: { kind: "sweep-all" } }]);
      this.sweepLater();
    });
  }
}

const noRead = () => Promise.reject(new Error("the simulation reads no files"));
const noFiles = { stat: noRead, read: noRead, list: noRead, remove: noRead };

function unused<T extends object>(port: string): T {
  return new Proxy({} as T, {
    get: (_target, name) => {
      throw new Error(`the simulation does not use ${port}.${String(name)}`);
    },
  });
}
