import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { PoolRef } from "../../core/domain/refs.ts";
import type { Fleet, LaunchRequest, Machine } from "../../core/ports/fleet.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Timers } from "../timers.ts";
import { AdoptedMachines } from "./adopted-machines.ts";
import type { Endpoint } from "./endpoint.ts";
import { type AgentProgram, endProcess } from "./machine-process.ts";
import { isSecretOf, MachineFolders, type MachineRecord } from "./machine-record.ts";
import { MACHINE_ID, MachineStarter } from "./machine-starter.ts";
import { MachineTable, machineOf } from "./machine-table.ts";
import { isAlive } from "./process-identity.ts";
import { type Launched, WaveLauncher } from "./wave-launcher.ts";

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

/** A machine that is no longer wanted has nothing to give back that anybody would take. */
const TERMINATE_MS = 500;

/** Machines that are agent processes on this computer. They outlive the server: one that starts again adopts those that still run. */
export class ProcessFleet implements Fleet {
  private readonly folders: MachineFolders;
  private readonly table: MachineTable;
  private readonly adopted: AdoptedMachines;
  private readonly starter: MachineStarter;
  private readonly launcher: WaveLauncher;
  private readonly exitListeners: ((machineId: string, pool: PoolRef) => void)[] = [];
  private stopped = false;

  constructor(private readonly options: ProcessFleetOptions) {
    const ended = (machineId: string) => this.ended(machineId);
    this.folders = new MachineFolders(resolve(options.folder));
    this.table = new MachineTable(options.maxMachines);
    this.adopted = new AdoptedMachines(this.table, options.timers, ended);
    this.starter = new MachineStarter(this.table, this.folders, options, ended);
    this.launcher = new WaveLauncher(this.table, this.starter, options.maxMachines, options.log);
  }

  /** To be called first, once. Answers the machines of an earlier server that still run; what is left of others is removed. */
  async adopt(): Promise<(Machine & PoolRef)[]> {
    for (const name of await this.adopted.adopt(this.folders)) await this.dispose(name);
    return [...this.table.living.values()].map((record) => ({ ...machineOf(record), poolId: record.poolId }));
  }

  /** Tells of each machine whose process ended without being terminated. */
  onExit(listener: (machineId: string, pool: PoolRef) => void): void {
    this.exitListeners.push(listener);
  }

  /** The machine that runs under this name, if this is its secret. Compares in constant time. */
  authenticate(machineId: string, secret: string): { machineId: string; poolId: string; dedicated: boolean } | undefined {
    const record = this.table.living.get(machineId);
    return record && isSecretOf(record, secret) ? { machineId, poolId: record.poolId, dedicated: record.dedicated } : undefined;
  }

  /** The node's root directory, which stays until a machine that has ended is terminated; undefined where there is none. */
  rootOf(machineId: string): string | undefined {
    const root = this.folders.root(machineId);
    return MACHINE_ID.test(machineId) && existsSync(root) ? root : undefined;
  }

  /** Whether a machine of this name runs, as far as is known. */
  runs(machineId: string): boolean {
    return this.table.living.has(machineId);
  }

  launch(request: LaunchRequest): Promise<Launched> {
    return this.launcher.launch(request);
  }

  async terminate(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    await Promise.all(
      machineIds
        .filter((id) => MACHINE_ID.test(id))
        .map(async (id) => {
          const record = this.table.known(id);
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
        const record = this.table.living.get(id);
        if (record?.poolId !== pool.poolId) return;
        const stopped = { ...record, stopped: true };
        await this.folders.write(stopped);
        this.table.rest(stopped);
        this.adopted.forget(id);
        await endProcess(record.process, 0);
        this.options.endLeftovers(this.folders.root(id));
      }),
    );
  }

  async list(pool: PoolRef): Promise<Machine[]> {
    const lives = (record: MachineRecord) => this.table.restarting.has(record.machineId) || isAlive(record.process);
    return [...this.table.living.values()].filter((record) => record.poolId === pool.poolId && lives(record)).map(machineOf);
  }

  /** Ends every machine, as terminate does, also those that are being launched, and launches none any more. */
  async stopAll(): Promise<void> {
    this.stopped = true;
    this.adopted.stopLooking();
    await this.launcher.close();
    await Promise.all([...this.table.living.keys()].map((id) => this.end(id, this.options.graceMs)));
  }

  /** Looks after the machines no more, and lets them run on: the next server adopts them. */
  leave(): void {
    this.adopted.stopLooking();
    this.exitListeners.length = 0;
  }

  private async restartAll(pool: PoolRef, machineIds: readonly string[], meanwhile: (machineId: string) => Promise<void>): Promise<void> {
    await Promise.all(
      machineIds.map(async (id) => {
        const record = this.table.known(id);
        if (record?.poolId === pool.poolId && !this.table.restarting.has(id) && !this.stopped) await this.restart(record, meanwhile);
      }),
    );
  }

  /** A machine that does not start is gone, and told of as such. */
  private async restart(record: MachineRecord, meanwhile: (machineId: string) => Promise<void>): Promise<void> {
    const { machineId } = record;
    const { restarting, resting } = this.table;
    restarting.add(machineId);
    try {
      // At once: what an agent says when it is asked to end is that its machine leaves.
      if (!record.stopped) await endProcess(record.process, 0);
      this.options.endLeftovers(this.folders.root(machineId));
      await meanwhile(machineId);
      await this.starter.start(record);
      resting.delete(machineId);
      this.adopted.forget(machineId);
    } catch (error) {
      this.options.log("error", "fleet.restart-failed", { machineId, error });
      restarting.delete(machineId);
      this.ended(machineId);
    } finally {
      restarting.delete(machineId);
    }
  }

  private async end(machineId: string, graceMs: number): Promise<void> {
    const record = this.table.living.get(machineId);
    this.table.forget(machineId);
    this.adopted.forget(machineId);
    if (record) await endProcess(record.process, graceMs);
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
    const record = this.table.known(machineId);
    if (!record) return;
    this.table.forget(machineId);
    this.adopted.forget(machineId);
    this.options.endLeftovers(this.folders.root(machineId));
    for (const listener of this.exitListeners) listener(machineId, { poolId: record.poolId });
  }
}
