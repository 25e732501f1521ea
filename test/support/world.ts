import { ManualClock } from "../../adapters/memory/manual-clock.ts";
import { MemoryStore } from "../../adapters/memory/memory-store.ts";
import { seededIds } from "../../adapters/memory/seeded-ids.ts";
import { Keys } from "../../core/domain/keys.ts";
import type { JobSpec, PoolSpec, TaskSpec } from "../../core/domain/specs.ts";
import type { Machine } from "../../core/ports/fleet.ts";
import type { Message } from "../../core/ports/queue.ts";
import type { Store } from "../../core/ports/store.ts";
import type { Ring, ToNode, Work } from "../../core/protocol/messages.ts";
import type { Context } from "../../core/services/context.ts";
import { doWork } from "../../core/services/do-work.ts";
import { runPoolPass } from "../../core/services/passes/run-pool-pass.ts";
import { TestNode } from "./test-node.ts";

/** The whole of core, on an in-memory store unless another is given, one step after another; time stands still until the test moves it. */
export class TestWorld {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore();
  readonly nodes = new Map<string, TestNode>();
  /** Machines that rest. */
  readonly stopped = new Set<string>();
  readonly rings: Ring[] = [];
  readonly later: { at: number; work: Work }[] = [];
  readonly context: Context;
  /** So many machines the fleet gives in all. */
  capacity = 1000;
  private readonly toNodes: { machineId: string; message: ToNode }[] = [];

  /** Runs on `store` where one is given. */
  constructor(store?: Store) {
    const ids = seededIds(this.clock, 1);
    this.context = {
      store: store ?? this.store,
      keys: new Keys("shoal", 1),
      clock: this.clock,
      ids,
      log: () => {},
      fleet: {
        launch: async ({ pool, wave, dedicated, lowPriority }) => this.launch(pool.poolId, wave, dedicated, lowPriority),
        terminate: async (_pool, machineIds) => {
          for (const id of machineIds) this.nodes.delete(id);
        },
        reboot: async (_pool, machineIds) => this.restart(machineIds),
        reimage: async (_pool, machineIds) => this.restart(machineIds),
        start: async (_pool, machineIds) => this.restart(machineIds),
        stop: async (_pool, machineIds) => {
          for (const id of machineIds) this.stopped.add(id);
        },
        list: async (pool) => {
          const living = [...this.nodes.values()].filter(({ machine }) => !this.stopped.has(machine.machineId));
          return living.filter((node) => node.poolId === pool.poolId).map((node) => node.machine);
        },
      },
      files: { urlFor: (container: string) => `http://files/${container}` } as unknown as Context["files"],
      sign: () => "signature",
      nodeFiles: { forget: async () => {} } as unknown as Context["nodeFiles"],
      doorbell: { send: async (messages) => void this.rings.push(...messages.map(({ body }) => body)) },
      work: { send: async (messages: readonly Message<Work>[]) => void this.later.push(...messages.map((m) => this.timed(m))) },
      nodes: {
        send: async (machineId, messages) => void this.toNodes.push(...messages.map((message) => ({ machineId, message }))),
        remove: async () => {},
      },
      settings: { accountName: "shoal", accountUrl: "http://shoal", heartbeatSeconds: 5, lostAfterSeconds: 30, sweepSeconds: 30 },
    };
  }

  iso(): string {
    return new Date(this.clock.now()).toISOString();
  }

  private restart(machineIds: readonly string[]): void {
    for (const id of machineIds) {
      this.stopped.delete(id);
      this.nodes.get(id)?.restart();
    }
  }

  private timed({ body, delaySeconds }: Message<Work>): { at: number; work: Work } {
    return { at: this.clock.now() + (delaySeconds ?? 0) * 1000, work: body };
  }

  private launch(poolId: string, wave: string, dedicated: number, lowPriority: number) {
    const machines: Machine[] = [];
    for (let i = 0; i < dedicated + lowPriority; i++) {
      const machineId = `${wave}-${i}`;
      if (!this.nodes.has(machineId) && this.nodes.size >= this.capacity) break;
      const machine = { machineId, dedicated: i < dedicated, ipAddress: `127.0.1.${i + 1}` };
      if (!this.nodes.has(machineId)) this.nodes.set(machineId, new TestNode(this, poolId, machine));
      machines.push(machine);
    }
    const short = machines.length < dedicated + lowPriority;
    return { machines, ...(short ? { shortfall: { code: "AccountCoreQuotaReached", message: "No more cores." } } : {}) };
  }

  /** Runs everything that is due, until nothing is. */
  async settle(): Promise<void> {
    for (let steps = 0; steps < 10_000; steps++) if (!(await this.step())) return;
    throw new Error("the world does not come to rest");
  }

  private async step(): Promise<boolean> {
    const joining = [...this.nodes.values()].find((node) => !node.joined && !this.stopped.has(node.machine.machineId));
    if (this.rings.length > 0) {
      const poolId = (this.rings[0] as Ring).pool.poolId;
      const mine = this.rings.filter((ring) => ring.pool.poolId === poolId);
      this.rings.splice(0, this.rings.length, ...this.rings.filter((ring) => ring.pool.poolId !== poolId));
      await runPoolPass(this.context, poolId, mine);
      return true;
    }
    const told = this.toNodes.shift();
    if (told) {
      if (!this.stopped.has(told.machineId)) await this.nodes.get(told.machineId)?.hear(told.message);
      return true;
    }
    if (joining) {
      joining.joined = true;
      await joining.report({ kind: "joined", at: this.iso(), held: [], agentVersion: "test" });
      return true;
    }
    const due = this.later.findIndex(({ at }) => at <= this.clock.now());
    if (due < 0) return false;
    const [item] = this.later.splice(due, 1);
    if (item) await doWork(this.context, item.work);
    return true;
  }

  /** Moves time on in steps of a second, heartbeats included; silent nodes keep silent. */
  async pass(seconds: number, silent: ReadonlySet<string> = new Set()): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      await this.clock.advance(1000);
      if (i % 5 === 0) {
        for (const node of this.nodes.values()) if (!silent.has(node.id)) await node.beat();
      }
      await this.settle();
    }
  }

  node(index = 0): TestNode {
    const node = [...this.nodes.values()][index];
    if (!node) throw new Error(`there is no node ${index}`);
    return node;
  }
}

export function poolSpec(id: string, dedicated: number, more: Partial<PoolSpec> = {}): PoolSpec {
  return {
    id,
    vmSize: "standard_d2_v3",
    resizeTimeout: "PT15M",
    targetDedicatedNodes: dedicated,
    targetLowPriorityNodes: 0,
    taskSlotsPerNode: 1,
    taskSchedulingPolicy: { nodeFillType: "spread" },
    ...more,
  };
}

export function jobSpec(id: string, poolId: string, more: Partial<JobSpec> = {}): JobSpec {
  return {
    id,
    priority: 0,
    poolInfo: { poolId },
    constraints: { maxTaskRetryCount: 0 },
    onAllTasksComplete: "noaction",
    onTaskFailure: "noaction",
    ...more,
  };
}

export function taskSpecs(count: number, more: Partial<TaskSpec> = {}): TaskSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `t${String(i).padStart(4, "0")}`,
    commandLine: "/bin/true",
    requiredSlots: 1,
    ...more,
  }));
}
