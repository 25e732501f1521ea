import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { PoolRef } from "../../core/domain/refs.ts";
import type { Fleet, LaunchRequest, Machine, Shortfall } from "../../core/ports/fleet.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Timer, Timers } from "../timers.ts";
import type { Endpoint } from "./endpoint.ts";
import { freeLoopbackAddress } from "./loopback-addresses.ts";
import { type AgentProgram, endProcess, startAgent } from "./machine-process.ts";
import { hashSecret, isSecretOf, MachineFolders, type MachineRecord } from "./machine-record.ts";
import { isAlive } from "./process-identity.ts";

export interface ProcessFleetOptions {
  /** Holds a folder a machine. */
  readonly folder: string;
  /** Where agents find the server; must stay the same when it starts again. */
  readonly endpoint: Endpoint;
  readonly program: AgentProgram;
  /** What this computer can carry; further machines are a shortfall. */
  readonly maxMachines: number;
  /** How long an agent has to give back its tasks before it is killed. */
  readonly graceMs: number;
  /** Ends what is left of a machine's processes when its agent is gone: those that its launcher could not end. */
  readonly endLeftovers: (root: string) => void;
  /** Keeps of a machine's root, when its processes have ended, what must outlive it. */
  readonly retire: (machineId: string, root: string) => Promise<void>;
  readonly timers: Timers;
  readonly log: Log;
}

type About = Pick<MachineRecord, "poolId" | "wave" | "dedicated" | "ipAddress">;
interface Launched {
  readonly machines: Machine[];
  readonly shortfall?: Shortfall;
}

const MACHINE_ID = /^[a-z0-9-]{1,48}$/;
/** So many answers are remembered, so that a launch that comes twice starts nothing twice. */
const MAX_WAVES = 1_000;
const STARTS_AT_ONCE = 8;
/** A machine that is no longer wanted has nothing to give back that anybody would take. */
const TERMINATE_MS = 500;
/** Processes of an earlier server are nobody's children: their end is seen only by looking. */
const LOOK_EVERY_MS = 500;

/**
 * Machines that are agent processes on this computer. They outlive the server: one that starts again adopts those that still run.
 * A machine is started, then recorded, then configured; an agent without a configuration ends, so none is ever lost track of.
 */
export class ProcessFleet implements Fleet {
  private readonly folders: MachineFolders;
  private readonly living = new Map<string, MachineRecord>();
  private readonly adopted = new Set<string>();
  /** Machines whose process is ended to be started anew: its end is no news. */
  private readonly restarting = new Set<string>();
  /** Machines without a process, which may be started again. */
  private readonly resting = new Map<string, MachineRecord>();
  private readonly waves = new Map<string, Promise<Launched>>();
  private readonly exitListeners: ((machineId: string, pool: PoolRef) => void)[] = [];
  private places = 0;
  private look: Timer | undefined;
  private stopped = false;

  constructor(private readonly options: ProcessFleetOptions) {
    this.folders = new MachineFolders(resolve(options.folder));
  }

  /** To be called first, once. Answers the machines of an earlier server that still run; what is left of others is removed. */
  async adopt(): Promise<(Machine & PoolRef)[]> {
    for (const { name, record } of await this.folders.readAll()) {
      if (record && isAlive(record.process)) {
        this.living.set(name, record);
        this.adopted.add(name);
      } else if (record?.stopped) {
        this.resting.set(name, record);
      } else {
        await this.dispose(name);
      }
    }
    this.places = this.living.size;
    this.lookLater();
    return [...this.living.values()].map((record) => ({ ...machineOf(record), poolId: record.poolId }));
  }

  /** Tells of each machine whose process ended without being terminated. */
  onExit(listener: (machineId: string, pool: PoolRef) => void): void {
    this.exitListeners.push(listener);
  }

  /** The machine that runs under this name, if this is its secret. Compares in constant time. */
  authenticate(machineId: string, secret: string): { machineId: string; poolId: string; dedicated: boolean } | undefined {
    const record = this.living.get(machineId);
    return record && isSecretOf(record, secret) ? { machineId, poolId: record.poolId, dedicated: record.dedicated } : undefined;
  }

  /** The node's root directory, which stays until a machine that has ended is terminated; undefined where there is none. */
  rootOf(machineId: string): string | undefined {
    const root = this.folders.root(machineId);
    return MACHINE_ID.test(machineId) && existsSync(root) ? root : undefined;
  }

  /** Whether a machine of this name runs, as far as is known. */
  runs(machineId: string): boolean {
    return this.living.has(machineId);
  }

  launch(request: LaunchRequest): Promise<Launched> {
    const known = this.waves.get(request.wave);
    if (known) return known;
    const launched = this.launchWave(request);
    this.waves.set(request.wave, launched);
    for (const wave of this.waves.keys()) {
      if (this.waves.size <= MAX_WAVES) break;
      this.waves.delete(wave);
    }
    // What failed as a whole may be tried again.
    launched.catch(() => this.waves.delete(request.wave));
    return launched;
  }

  async terminate(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    await Promise.all(
      machineIds
        .filter((id) => MACHINE_ID.test(id))
        .map(async (id) => {
          const record = this.living.get(id) ?? this.resting.get(id);
          if (!record || record.poolId === pool.poolId) await this.end(id, TERMINATE_MS);
        }),
    );
  }

  reboot(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    return this.restartAll(pool, machineIds, async () => {});
  }

  reimage(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    return this.restartAll(pool, machineIds, (id) => this.folders.empty(id));
  }

  start(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    return this.restartAll(pool, machineIds, async () => {});
  }

  async stop(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    await Promise.all(
      machineIds.map(async (id) => {
        const record = this.living.get(id);
        if (record?.poolId !== pool.poolId) return;
        const stopped = { ...record, stopped: true };
        await this.folders.write(stopped);
        this.forget(id);
        this.resting.set(id, stopped);
        await endProcess(record.process, 0);
        this.options.endLeftovers(this.folders.root(id));
      }),
    );
  }

  async list(pool: PoolRef): Promise<Machine[]> {
    const lives = (record: MachineRecord) => this.restarting.has(record.machineId) || isAlive(record.process);
    return [...this.living.values()].filter((record) => record.poolId === pool.poolId && lives(record)).map(machineOf);
  }

  /** Ends every machine, as terminate does, also those that are being launched, and launches none any more. */
  async stopAll(): Promise<void> {
    this.stopped = true;
    this.options.timers.clear(this.look);
    await Promise.allSettled(this.waves.values());
    await Promise.all([...this.living.keys()].map((id) => this.end(id, this.options.graceMs)));
  }

  /** Looks after the machines no more, and lets them run on: the next server adopts them. */
  leave(): void {
    this.options.timers.clear(this.look);
    this.exitListeners.length = 0;
  }

  private async launchWave(request: LaunchRequest): Promise<Launched> {
    const { pool, wave, dedicated, lowPriority } = request;
    const before = [...this.living.values()].filter((record) => record.wave === wave);
    if (before.length > 0) return { machines: before.map(machineOf) };
    if (this.stopped) return { machines: [], shortfall: { code: "AllocationFailed", message: "The server is being stopped." } };
    const wanted = dedicated + lowPriority;
    const granted = Math.max(0, Math.min(wanted, this.options.maxMachines - this.places));
    this.places += granted;
    const machines: Machine[] = [];
    const failures: unknown[] = [];
    const taken = new Set([...this.living.values()].map(({ ipAddress }) => ipAddress));
    const numbers = Array.from({ length: granted }, (_, number) => number);
    const starter = async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const ipAddress = freeLoopbackAddress(taken);
        taken.add(ipAddress);
        try {
          machines.push(await this.make(`${wave}-${number}`, { poolId: pool.poolId, wave, dedicated: number < dedicated, ipAddress }));
        } catch (error) {
          this.places--;
          failures.push(error);
          this.options.log("error", "fleet.start-failed", { machineId: `${wave}-${number}`, error });
        }
      }
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
    const shortfall = this.shortfall(wanted - granted, failures);
    return shortfall ? { machines, shortfall } : { machines };
  }

  private shortfall(over: number, failures: readonly unknown[]): Shortfall | undefined {
    if (failures.length > 0) {
      const [first] = failures;
      const reason = first instanceof Error ? first.message : String(first);
      return { code: "AllocationFailed", message: `${failures.length} nodes could not be started: ${reason}` };
    }
    if (over === 0) return undefined;
    return {
      code: "AccountCoreQuotaReached",
      message: `This computer carries at most ${this.options.maxMachines} nodes: ${over} of those asked for were not started.`,
    };
  }

  private async restartAll(pool: PoolRef, machineIds: readonly string[], meanwhile: (machineId: string) => Promise<void>): Promise<void> {
    await Promise.all(
      machineIds.map(async (id) => {
        const record = this.living.get(id) ?? this.resting.get(id);
        if (record?.poolId === pool.poolId && !this.restarting.has(id) && !this.stopped) await this.restart(record, meanwhile);
      }),
    );
  }

  /** A machine that does not start is gone, and told of as such. */
  private async restart(record: MachineRecord, meanwhile: (machineId: string) => Promise<void>): Promise<void> {
    const { machineId, poolId, wave, dedicated, ipAddress } = record;
    this.restarting.add(machineId);
    try {
      // At once: what an agent says when it is asked to end is that its machine leaves.
      if (!record.stopped) await endProcess(record.process, 0);
      this.options.endLeftovers(this.folders.root(machineId));
      await meanwhile(machineId);
      if (this.resting.delete(machineId)) this.places++;
      await this.startProcess(machineId, { poolId, wave, dedicated, ipAddress });
      this.adopted.delete(machineId);
    } catch (error) {
      this.options.log("error", "fleet.restart-failed", { machineId, error });
      this.restarting.delete(machineId);
      this.ended(machineId);
    } finally {
      this.restarting.delete(machineId);
    }
  }

  private async make(machineId: string, about: About): Promise<Machine> {
    if (!MACHINE_ID.test(machineId)) throw new Error(`A machine's id must be of a-z, 0-9 and -, at most 48 characters: ${machineId}`);
    await this.folders.make(machineId);
    return this.startProcess(machineId, about);
  }

  private async startProcess(machineId: string, about: About): Promise<Machine> {
    const secret = randomBytes(32).toString("base64url");
    const { program, endpoint } = this.options;
    const agent = await startAgent(program, this.folders.of(machineId), this.folders.log(machineId));
    const record = { machineId, ...about, process: agent.identity, secretHash: hashSecret(secret) };
    await this.folders.write(record);
    // The agent may call as soon as it is configured.
    this.living.set(machineId, record);
    void agent.exited.then(() => this.living.get(machineId) === record && !this.restarting.has(machineId) && this.ended(machineId));
    const root = this.folders.root(machineId);
    const logFile = this.folders.log(machineId);
    const { launcher } = program;
    await agent.configure(JSON.stringify({ machineId, secret, root, endpoint, ipAddress: about.ipAddress, launcher, logFile }));
    return machineOf(record);
  }

  private async end(machineId: string, graceMs: number): Promise<void> {
    const record = this.living.get(machineId);
    if (record) {
      this.forget(machineId);
      await endProcess(record.process, graceMs);
    }
    this.resting.delete(machineId);
    await this.dispose(machineId);
  }

  /** Of a machine whose agent has ended. One that was never started has no root, and nothing to keep. */
  private async dispose(machineId: string): Promise<void> {
    const root = this.folders.root(machineId);
    this.options.endLeftovers(root);
    try {
      await this.options.retire(machineId, root);
      await this.folders.remove(machineId);
    } catch (error) {
      // The machine has gone all the same; its folder is tried again when the server starts the next time.
      this.options.log("error", "fleet.folder-not-removed", { machineId, error });
    }
  }

  private ended(machineId: string): void {
    const record = this.living.get(machineId);
    if (!record) return;
    this.forget(machineId);
    this.options.endLeftovers(this.folders.root(machineId));
    for (const listener of this.exitListeners) listener(machineId, { poolId: record.poolId });
  }

  private forget(machineId: string): void {
    if (this.living.delete(machineId)) this.places--;
    this.adopted.delete(machineId);
    this.resting.delete(machineId);
  }

  private lookLater(): void {
    if (this.adopted.size === 0) return;
    this.look = this.options.timers.set(() => {
      for (const machineId of [...this.adopted]) {
        const record = this.living.get(machineId);
        if (record && !this.restarting.has(machineId) && !isAlive(record.process)) this.ended(machineId);
      }
      this.lookLater();
    }, LOOK_EVERY_MS);
  }
}

function machineOf({ machineId, dedicated, ipAddress }: MachineRecord): Machine {
  return { machineId, dedicated, ipAddress };
}
