import type { PoolRef } from "../../core/domain/refs.ts";
import type { LaunchRequest, Machine, Shortfall } from "../../core/ports/fleet.ts";
import type { ToNode } from "../../core/protocol/messages.ts";
import type { HostWorld } from "./host.ts";
import type { SimMachine } from "./sim-machine.ts";

interface Owned {
  readonly machine: SimMachine;
  readonly wave: string;
}

/** The cloud's machines, and a queue for each. What befalls machines is decided here too. */
export class SimFleet {
  private readonly owned = new Map<string, Owned>();
  private readonly waves = new Map<string, { machines: Machine[]; shortfall?: Shortfall }>();
  readonly queues = new Set<string>();

  constructor(
    private readonly world: HostWorld,
    private readonly make: (machine: Machine, poolId: string) => SimMachine,
  ) {}

  async launch(request: LaunchRequest): Promise<{ machines: Machine[]; shortfall?: Shortfall }> {
    const known = this.waves.get(request.wave);
    if (known) return known;
    const { loop, random, faults } = this.world;
    const wanted = request.dedicated + request.lowPriority;
    const given = faults.strikes(faults.rates.shortfall) ? random.int(0, wanted - 1) : wanted;
    const machines: Machine[] = [];
    for (let number = 0; number < given; number++) {
      const machine = { machineId: `${request.wave}-${number}`, dedicated: number < request.dedicated, ipAddress: "10.0.0.1" };
      const simulated = this.make(machine, request.pool.poolId);
      this.owned.set(machine.machineId, { machine: simulated, wave: request.wave });
      this.queues.add(machine.machineId);
      machines.push(machine);
      loop.after(random.logarithmic(500, 60_000), () => simulated.isAlive && simulated.boot());
      this.befall(simulated);
    }
    const launched = { machines, ...(given < wanted ? { shortfall: { code: "AllocationFailed", message: "No more machines." } } : {}) };
    this.waves.set(request.wave, launched);
    return launched;
  }

  async terminate(_pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    for (const id of machineIds) {
      this.owned.get(id)?.machine.die("terminated");
      this.owned.delete(id);
    }
  }

  /** Takes its time; one that rests is started. */
  async reboot(_pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    const { loop, random } = this.world;
    for (const id of machineIds) {
      const machine = this.owned.get(id)?.machine;
      if (!machine?.isAlive) continue;
      machine.stop();
      loop.after(random.logarithmic(500, 60_000), () => machine.isAlive && !machine.hasAgent && machine.boot());
    }
  }

  async reimage(pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    await this.reboot(pool, machineIds);
    for (const id of machineIds) this.owned.get(id)?.machine.emptyDisk();
  }

  async stop(_pool: PoolRef, machineIds: readonly string[]): Promise<void> {
    for (const id of machineIds) this.owned.get(id)?.machine.stop();
  }

  async list(pool: PoolRef): Promise<Machine[]> {
    return [...this.owned.values()]
      .filter(({ machine }) => machine.poolId === pool.poolId && machine.isAlive)
      .map(({ machine }) => machine.machine);
  }

  /** Puts messages into a machine's queue; there is none (any more) where the machine is unknown. */
  async send(machineId: string, messages: readonly ToNode[]): Promise<void> {
    if (!this.queues.has(machineId)) return;
    const { loop, random, faults } = this.world;
    for (const message of messages) {
      const copies = faults.strikes(faults.rates.double) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const late = faults.strikes(faults.rates.late) ? random.logarithmic(100, 180_000) : random.logarithmic(1, 30);
        loop.after(late, () => this.queues.has(machineId) && this.owned.get(machineId)?.machine.deliver(message));
      }
    }
  }

  async removeQueue(machineId: string): Promise<void> {
    this.queues.delete(machineId);
  }

  get machines(): SimMachine[] {
    return [...this.owned.values()].map(({ machine }) => machine).filter((machine) => machine.isAlive);
  }

  /** Once a minute, each machine's luck. */
  private befall(machine: SimMachine): void {
    const { loop, random, faults } = this.world;
    loop.after(60_000 * (0.5 + random.next()), () => {
      if (!machine.isAlive) return;
      if (faults.strikes(faults.rates.nodeDeath)) return machine.die("reclaimed");
      if (faults.strikes(faults.rates.nodeHang)) machine.hang(random.logarithmic(1_000, 600_000));
      if (faults.strikes(faults.rates.agentRestart)) machine.restartAgent();
      if (faults.strikes(faults.rates.diskFull)) machine.fillDisk(random.logarithmic(1_000, 600_000));
      this.befall(machine);
    });
  }
}
