import type { LaunchRequest, Machine, Shortfall } from "../../core/ports/fleet.ts";
import type { Log } from "../../core/ports/log.ts";
import { freeLoopbackAddress } from "./loopback-addresses.ts";
import type { MachineStarter } from "./machine-starter.ts";
import { type MachineTable, machineOf } from "./machine-table.ts";

export interface Launched {
  readonly machines: Machine[];
  readonly shortfall?: Shortfall;
}

/** So many answers are remembered, so that a launch that comes twice starts nothing twice. */
const MAX_WAVES = 1_000;
const STARTS_AT_ONCE = 8;

/** Launches the machines of a pool's resize, several at once, each wave once. */
export class WaveLauncher {
  private readonly waves = new Map<string, Promise<Launched>>();
  private closed = false;

  constructor(
    private readonly table: MachineTable,
    private readonly starter: MachineStarter,
    private readonly most: number,
    private readonly log: Log,
  ) {}

  launch(request: LaunchRequest): Promise<Launched> {
    const known = this.waves.get(request.wave);
    if (known) return known;
    const launched = this.launchOnce(request);
    this.waves.set(request.wave, launched);
    for (const wave of this.waves.keys()) {
      if (this.waves.size <= MAX_WAVES) break;
      this.waves.delete(wave);
    }
    // What failed as a whole may be tried again.
    launched.catch(() => this.waves.delete(request.wave));
    return launched;
  }

  /** Launches no more; resolves when those that were being launched are. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.waves.values());
  }

  private async launchOnce({ pool, wave, dedicated, lowPriority }: LaunchRequest): Promise<Launched> {
    const before = [...this.table.living.values()].filter((record) => record.wave === wave);
    if (before.length > 0) return { machines: before.map(machineOf) };
    if (this.closed) return { machines: [], shortfall: { code: "AllocationFailed", message: "The server is being stopped." } };
    const wanted = dedicated + lowPriority;
    const granted = this.table.reserve(wanted);
    const machines: Machine[] = [];
    const failures: unknown[] = [];
    const taken = new Set([...this.table.living.values()].map(({ ipAddress }) => ipAddress));
    const numbers = Array.from({ length: granted }, (_, number) => number);
    const starter = async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const machineId = `${wave}-${number}`;
        const ipAddress = freeLoopbackAddress(taken);
        taken.add(ipAddress);
        try {
          machines.push(
            machineOf(await this.starter.make({ machineId, poolId: pool.poolId, wave, dedicated: number < dedicated, ipAddress })),
          );
        } catch (error) {
          failures.push(error);
          this.log("error", "fleet.start-failed", { machineId, error });
        } finally {
          this.table.started();
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
      message: `This computer carries at most ${this.most} nodes: ${over} of those asked for were not started.`,
    };
  }
}
