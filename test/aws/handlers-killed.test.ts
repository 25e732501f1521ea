import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DynamoStore } from "../../adapters/aws/dynamodb/dynamo-store.ts";
import { Keys } from "../../core/domain/keys.ts";
import { nodeSecret, signReport } from "../../core/protocol/signed-report.ts";
import type { Context } from "../../core/services/context.ts";
import { addJob } from "../../core/services/jobs/add-job.ts";
import { readCounts } from "../../core/services/jobs/counts.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { sweepAll } from "../../core/services/sweeps/sweep-all.ts";
import { addTasks } from "../../core/services/tasks/add-tasks.ts";
import { listTasks } from "../../core/services/tasks/read-tasks.ts";
import { reportsHandler } from "../../lambdas/handle-reports.ts";
import { ringsHandler } from "../../lambdas/handle-rings.ts";
import { type TestTable, testTable } from "../support/dynamo-table.ts";
import { sqsEvent } from "../support/lambda-events.ts";
import { MortalStore } from "../support/mortal-store.ts";
import { endSome } from "../support/task-life.ts";
import type { TestNode } from "../support/test-node.ts";
import { jobSpec, poolSpec, TestWorld, taskSpecs } from "../support/world.ts";

const dynamo = inject("dynamo");
const KEY = "the service's own";
const TASKS = 5;
/** More steps than any of the calls makes. */
const MOST_STEPS = 100;
type Handler = (event: SQSEvent) => Promise<SQSBatchResponse>;

/** The service on a table, whose functions can be killed before anything that they do to the world. */
class Service {
  readonly store: MortalStore;
  readonly world: TestWorld;
  readonly rings: Handler;
  readonly reports: Handler;

  /** `account`: apart from all others on the table. */
  constructor({ client, table }: TestTable, account: string) {
    this.store = new MortalStore(new DynamoStore({ client, table }));
    this.world = new TestWorld(this.store);
    const { context } = this.world;
    Object.assign(context, { keys: new Keys(account, 1) } satisfies Partial<Context>);
    const mortal: Context = {
      ...context,
      doorbell: { send: (messages) => this.store.step().then(() => context.doorbell.send(messages)) },
      work: { send: (messages) => this.store.step().then(() => context.work.send(messages)) },
      nodes: { ...context.nodes, send: (id, messages) => this.store.step().then(() => context.nodes.send(id, messages)) },
    };
    const parts = { context: mortal, log: () => {}, nodeKey: async () => KEY, accountKeys: async () => [] };
    this.rings = ringsHandler(parts);
    this.reports = reportsHandler(parts);
  }

  /** What rang, as it comes to the function. */
  takeRings(): unknown[] {
    return this.world.rings.splice(0);
  }

  /** All that runs has ended, as the nodes report it. */
  takeEnds(): unknown[] {
    const envelopes = [...this.world.nodes.values()].flatMap((node) =>
      endSome(this.world, node, { count: TASKS, taskMs: 100, seq: 1, beats: true }),
    );
    return envelopes.map(({ report, ...claims }) => signReport(nodeSecret(KEY, claims), claims, Date.now(), report));
  }

  /** Kills the function after so many steps, and hands its messages to another one as SQS does. False where it came to its end. */
  async killed(handler: Handler, bodies: readonly unknown[], steps: number): Promise<boolean> {
    this.store.dieAfter(steps);
    const { batchItemFailures } = await handler(sqsEvent(bodies, { group: "pool" }));
    const killed = this.store.revive();
    expect(batchItemFailures.length).toBe(killed ? bodies.length : 0);
    // SQS knows of no end: it gives everything again, whatever was done.
    expect(await handler(sqsEvent(bodies, { group: "pool", times: 2 }))).toEqual({ batchItemFailures: [] });
    return killed;
  }

  private async isDone(): Promise<boolean> {
    const { items } = await listTasks(this.world.context, "job", { limit: 100 });
    return items.length > 0 && items.every(({ state }) => state === "completed");
  }

  /** Lives on until all tasks are over; answers the runs of each that ended well, and what is left in the end. */
  async outlive(): Promise<{ runs: string[]; left: number }> {
    const { world } = this;
    const runs: string[] = [];
    for (let round = 0; round < 8 && !(await this.isDone()); round++) {
      await world.pass(5);
      for (const node of world.nodes.values()) {
        await answerRecalls(node);
        for (const [taskId, { order }] of [...node.running]) {
          runs.push(`${taskId} ${order.attempt}`);
          await node.end(taskId);
        }
      }
    }
    await sweepAll(world.context);
    await world.pass(31);
    const { keys, store } = world.context;
    const leases = await store.query({ pk: keys.leases("pool"), limit: 10 });
    const notes = await store.query({ pk: keys.waiting("pool"), limit: 10 });
    return { runs, left: leases.items.length + notes.items.length };
  }
}

/** Gives back what the node was asked for and never heard of, as an agent does. */
async function answerRecalls(node: TestNode): Promise<void> {
  const came = new Set(
    node.heard.flatMap((one) => (one.kind === "run" ? one.tasks.map(({ task, attempt }) => `${task.taskId} ${attempt}`) : [])),
  );
  for (const message of node.heard.splice(0)) {
    if (message.kind === "run") node.heard.push(message);
    if (message.kind !== "recall") continue;
    const lost = message.attempts.filter(({ task, attempt }) => !came.has(`${task.taskId} ${attempt}`));
    const at = new Date().toISOString();
    await node.report(...lost.map((one) => ({ kind: "task-returned" as const, ...one, at, why: "restarted" as const })));
  }
}

describe.skipIf("missing" in dynamo)("a function that is killed between any two of its steps, on a table", () => {
  let open: TestTable;
  let services = 0;
  beforeAll(async () => {
    open = await testTable("url" in dynamo ? dynamo.url : "");
  });
  afterAll(() => open?.drop());

  /** Kills a fresh service's function after 0, 1, 2, ... steps until it comes to its end. `upTo`: lives until the call that is cut short. */
  async function afterEveryStep(
    upTo: (service: Service) => Promise<{ handler: Handler; bodies: unknown[]; over?: number }>,
  ): Promise<number> {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const service = new Service(open, `a${services++}`);
      const { context } = service.world;
      await addPool(context, poolSpec("pool", 2, { taskSlotsPerNode: 2 }));
      const job = await addJob(context, jobSpec("job", "pool"));
      const { handler, bodies, over = 0 } = await upTo(service);
      const killed = await service.killed(handler, bodies, steps);
      if (over === 0 && (await listTasks(context, "job", { limit: 1 })).items.length === 0)
        await addTasks(context, "job", taskSpecs(TASKS));
      const { runs, left } = await service.outlive();
      const { items } = await listTasks(context, "job", { limit: 100 });
      const { counts } = await readCounts(context, { jobId: job.id, uid: job.uid });
      const told = `killed after ${steps} steps`;
      expect(
        items.map(({ id, state, result, retryCount }) => [id, state, result, retryCount]),
        told,
      ).toEqual(taskSpecs(TASKS).map(({ id }) => [id, "completed", "success", 0]));
      expect(new Set(runs.map((run) => run.split(" ")[0])).size + over, told).toBe(TASKS);
      expect(runs.length + over, told).toBe(TASKS);
      expect(counts.tasks, told).toEqual({ active: 0, running: 0, completed: TASKS, succeeded: TASKS, failed: 0 });
      expect(left, told).toBe(0);
      expect(service.world.nodes.size, told).toBe(2);
      if (!killed) return steps;
    }
    throw new Error(`more than ${MOST_STEPS} steps`);
  }

  it("starts a pool's nodes once", async () => {
    const steps = await afterEveryStep(async (service) => ({ handler: service.rings, bodies: service.takeRings() }));
    expect(steps).toBeGreaterThan(4);
  });

  it("hands out each task once", async () => {
    const steps = await afterEveryStep(async (service) => {
      await service.world.settle();
      await addTasks(service.world.context, "job", taskSpecs(TASKS));
      return { handler: service.rings, bodies: service.takeRings() };
    });
    expect(steps).toBeGreaterThan(8);
  });

  it("records each end once, and hands out what waited", async () => {
    const steps = await afterEveryStep(async (service) => {
      await service.world.settle();
      await addTasks(service.world.context, "job", taskSpecs(TASKS));
      await service.world.settle();
      return { handler: service.reports, bodies: service.takeEnds(), over: 4 };
    });
    expect(steps).toBeGreaterThan(8);
  });
});
