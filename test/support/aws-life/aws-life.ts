/**
 * The control plane as it is deployed, on a simulated clock: the functions' own handlers fed by Lambda's event sources, the adapter of SQS, real agents on machines that
 * run commands of a given length, and a meter on the store. The same load gives the same counts each time.
 */
import { MeteredStore } from "../../../adapters/aws/dynamodb/meter.ts";
import { SqsNodeQueues } from "../../../adapters/aws/sqs/node-queues.ts";
import { SqsQueue } from "../../../adapters/aws/sqs/sqs-queue.ts";
import { MemoryStore } from "../../../adapters/memory/memory-store.ts";
import { seededIds } from "../../../adapters/memory/seeded-ids.ts";
import { type EventSource, REPORTS_SOURCE, RINGS_SOURCE, WORK_SOURCE } from "../../../cdk/event-sources.ts";
import { Keys } from "../../../core/domain/keys.ts";
import type { LaunchRequest } from "../../../core/ports/fleet.ts";
import type { Ring, Work } from "../../../core/protocol/messages.ts";
import { nodeSecret } from "../../../core/protocol/signed-report.ts";
import type { Context } from "../../../core/services/context.ts";
import { reportsHandler } from "../../../lambdas/handle-reports.ts";
import { ringsHandler } from "../../../lambdas/handle-rings.ts";
import { workHandler } from "../../../lambdas/handle-work.ts";
import { heartbeatSettings } from "../../../lambdas/heartbeats.ts";
import { Loop } from "../../simulation/loop.ts";
import { Random } from "../../simulation/random.ts";
import { FedFunction, type QueueHandler } from "./event-source.ts";
import { startMachine } from "./life-machine.ts";
import { SimSqs } from "./sim-sqs.ts";
import { SlowStore } from "./slow-store.ts";

export interface LifeOf {
  readonly tasks: number;
  readonly nodes: number;
  readonly slotsPerNode: number;
  readonly taskMs: number;
  /** Of each queue that feeds a function; Lambda begins with five, each of which makes up calls of its own. */
  readonly pollers: number;
  /** Every message comes twice, late and in no order. */
  readonly badDay?: boolean;
}

const SERVICE = "sim";
const BASE = `https://sqs.us-east-1.amazonaws.com/000000000000/`;
const EVENTS = `${BASE}${SERVICE}-node-events`;
const DOORBELL = `${BASE}${SERVICE}-pool-doorbell.fifo`;
const WORK = `${BASE}${SERVICE}-work`;
const KEY = "the service's own key";
const HEARTBEAT_S = 60;
const CONCURRENT_POOLS = 20;
/** From the client, through the gateway, and back, beside what the function does. */
const CALL_MS = 40;
const LOOK_MS = 100;
const LONGEST_MS = 24 * 3_600_000;

export class AwsLife {
  readonly loop = new Loop();
  readonly random = new Random(1);
  /** All that is written, to be looked at without being counted. */
  readonly state = new MemoryStore();
  readonly meter = new MeteredStore(this.state);
  readonly sqs: SimSqs;
  /** Commands that were run. */
  runs = 0;
  readonly context: Context;
  private readonly functions: Readonly<Record<"node-events" | "pool-scheduler" | "work", FedFunction>>;
  private broken: unknown;
  apiCalls = 0;

  constructor(private readonly load: LifeOf) {
    this.sqs = new SimSqs(this.loop, load.badDay ? this.random.fork() : undefined);
    const { client } = this.sqs;
    const log: Context["log"] = (level, event, { error } = {}) => {
      if (level === "error") this.broken ??= error ?? new Error(event);
    };
    const queues = new SqsNodeQueues({
      client,
      baseUrl: BASE,
      prefix: SERVICE,
      keep: () => Promise.reject(new Error("No message here is large.")),
      log,
    });
    this.context = {
      store: new SlowStore(this.meter, () => this.loop.sleep(this.random.logarithmic(3, 12))),
      keys: new Keys("shoal", 8),
      clock: this.loop,
      ids: seededIds(this.loop, 1),
      log,
      fleet: this.fleet(),
      files: { urlFor: (container: string) => `http://files/${container}` } as unknown as Context["files"],
      nodeFiles: { forget: async () => {} } as unknown as Context["nodeFiles"],
      doorbell: new SqsQueue<Ring>({ client, url: DOORBELL }),
      work: new SqsQueue<Work>({ client, url: WORK }),
      nodes: queues,
      sign: () => "signature",
      settings: { accountName: "shoal", accountUrl: "http://shoal", ...heartbeatSettings(HEARTBEAT_S) },
    };
    const parts = { context: this.context, log, nodeKey: async () => KEY, accountKeys: async () => ["key"] };
    const failed = (error: unknown) => {
      this.broken ??= error;
    };
    const { loop, sqs } = this;
    const feed = (url: string, source: EventSource, handler: QueueHandler) =>
      new FedFunction(loop, sqs, url, source.batchSize, Math.min(load.pollers, source.concurrency), handler, failed);
    this.functions = {
      "node-events": feed(EVENTS, REPORTS_SOURCE, reportsHandler(parts)),
      "pool-scheduler": feed(DOORBELL, { ...RINGS_SOURCE, concurrency: CONCURRENT_POOLS }, ringsHandler(parts)),
      work: feed(WORK, WORK_SOURCE, workHandler(parts)),
    };
  }

  /** Calls of functions since the last {@link reset}. */
  get invocations(): number {
    return Object.values(this.functions).reduce((sum, { calls }) => sum + calls, this.apiCalls);
  }

  /** Nothing is on its way that tells of tasks, and no node is told anything. */
  get quiet(): boolean {
    return ["node-events", "pool-doorbell", "node"].every((kind) => this.sqs.left(kind) === 0);
  }

  /** Counts from nothing. */
  reset(): void {
    this.meter.reset();
    this.sqs.requests.clear();
    this.apiCalls = 0;
    for (const one of Object.values(this.functions)) one.calls = 0;
  }

  /** Until the condition holds; throws what went wrong meanwhile, or where it does not hold in time. */
  async until(what: string, done: () => Promise<boolean>, milliseconds = LONGEST_MS): Promise<void> {
    let over = false;
    this.start(async () => {
      while (!(await done())) await this.loop.sleep(LOOK_MS);
      over = true;
    });
    await this.loop.run(this.loop.now() + milliseconds, () => over || this.broken !== undefined);
    if (this.broken !== undefined) throw this.broken;
    if (!over) throw new Error(`${what}: not within ${milliseconds / 1000} s`);
  }

  /** Lives on for so long; throws what went wrong meanwhile. */
  async pass(milliseconds: number): Promise<void> {
    await this.loop.run(this.loop.now() + milliseconds, () => this.broken !== undefined);
    if (this.broken !== undefined) throw this.broken;
  }

  /** Lets something go on beside all else; what goes wrong in it ends the next {@link until}. */
  start(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.broken ??= error;
    });
  }

  /** One request of a client. */
  async call(work: () => Promise<unknown>): Promise<void> {
    this.apiCalls++;
    await this.loop.sleep(CALL_MS);
    await work();
  }

  /** All requests and calls by their kinds, a task. */
  detail(tasks: number): string {
    const calls = Object.entries(this.functions).map(([name, one]) => [`call ${name}`, one.calls] as const);
    const units = [...this.meter.counts].flatMap(([name, { writeUnits, readUnits }]) => [
      [`write ${name}`, writeUnits] as const,
      [`read ${name}`, readUnits] as const,
    ]);
    return [...this.sqs.requests, ["call api", this.apiCalls] as const, ...calls, ...units]
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name}: ${(count / tasks).toFixed(4)}`)
      .sort()
      .join("\n");
  }

  private fleet(): Context["fleet"] {
    const given = new Map<string, { machineId: string; dedicated: boolean; ipAddress: string }[]>();
    const nothing = async () => {};
    const launch = async ({ wave, dedicated, pool }: LaunchRequest) => {
      const known = given.get(wave);
      if (known) return { machines: known };
      const machines = Array.from({ length: dedicated }, (_, i) => ({
        machineId: `i-${wave}-${i}`,
        dedicated: true,
        ipAddress: "10.0.0.1",
      }));
      given.set(wave, machines);
      for (const { machineId } of machines) {
        const claims = { machineId, poolId: pool.poolId, dedicated: true };
        const registration = {
          ...claims,
          region: "us-east-1",
          queueUrl: `${BASE}${SERVICE}-node-${machineId}`,
          eventsUrl: EVENTS,
          secret: nodeSecret(KEY, claims),
        };
        const run = () => {
          this.runs++;
          return this.loop.sleep(this.load.taskMs);
        };
        this.loop.after(this.random.int(1_000, 5_000), () => startMachine(this.loop, this.sqs, registration, run));
      }
      return { machines };
    };
    const list = async () => [...given.values()].flat();
    return { launch, list, terminate: nothing, reboot: nothing, reimage: nothing, stop: nothing, start: nothing };
  }
}
