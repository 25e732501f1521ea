import type { Timer, Timers } from "../timers.ts";
import type { MachineFolders } from "./machine-record.ts";
import type { MachineTable } from "./machine-table.ts";
import { isAlive } from "./process-identity.ts";

const LOOK_EVERY_MS = 500;

/** Machines that an earlier server started. Their processes are nobody's children here: their end is seen only by looking. */
export class AdoptedMachines {
  private readonly ids = new Set<string>();
  private look: Timer | undefined;

  constructor(
    private readonly table: MachineTable,
    private readonly timers: Timers,
    /** Told of each that ended by itself. */
    private readonly onEnd: (machineId: string) => void,
  ) {}

  /** Takes over those that still run, and those that rest; answers the names of the others, of which folders are left. */
  async adopt(folders: MachineFolders): Promise<string[]> {
    const dead: string[] = [];
    for (const { name, record } of await folders.readAll()) {
      if (record && isAlive(record.process)) {
        this.table.living.set(name, record);
        this.ids.add(name);
      } else if (record?.stopped) this.table.resting.set(name, record);
      else dead.push(name);
    }
    this.lookLater();
    return dead;
  }

  /** It has ended, or was started anew by this server. */
  forget(machineId: string): void {
    this.ids.delete(machineId);
  }

  stopLooking(): void {
    this.timers.clear(this.look);
  }

  private lookLater(): void {
    if (this.ids.size === 0) return;
    this.look = this.timers.set(() => {
      for (const machineId of [...this.ids]) {
        const record = this.table.living.get(machineId);
        if (record && !this.table.restarting.has(machineId) && !isAlive(record.process)) this.onEnd(machineId);
      }
      this.lookLater();
    }, LOOK_EVERY_MS);
  }
}
