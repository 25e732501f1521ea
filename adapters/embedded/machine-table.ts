import type { Machine } from "../../core/ports/fleet.ts";
import type { MachineRecord } from "./machine-record.ts";

/** The machines of this computer: those that run, those that are being started, and those that rest. */
export class MachineTable {
  readonly living = new Map<string, MachineRecord>();
  /** Machines without a process, which may be started again. */
  readonly resting = new Map<string, MachineRecord>();
  /** Machines whose process is ended to be started anew: its end is no news. */
  readonly restarting = new Set<string>();
  private starting = 0;

  constructor(
    /** What this computer can carry. */
    private readonly most: number,
  ) {}

  known(machineId: string): MachineRecord | undefined {
    return this.living.get(machineId) ?? this.resting.get(machineId);
  }

  /** Keeps places for up to so many machines; answers for how many. Each is to be given back by {@link started}. */
  reserve(wanted: number): number {
    const granted = Math.max(0, Math.min(wanted, this.most - this.living.size - this.starting));
    this.starting += granted;
    return granted;
  }

  /** A machine for which a place was kept runs now, or never will. */
  started(): void {
    this.starting--;
  }

  rest(record: MachineRecord): void {
    this.living.delete(record.machineId);
    this.resting.set(record.machineId, record);
  }

  forget(machineId: string): void {
    this.living.delete(machineId);
    this.resting.delete(machineId);
  }
}

export function machineOf({ machineId, dedicated, ipAddress }: MachineRecord): Machine {
  return { machineId, dedicated, ipAddress };
}
