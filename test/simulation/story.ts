/** One seed, from an empty service to an empty service: users and faults, then calm, then the reckoning. */
import { Refusal } from "../../core/domain/errors.ts";
import type { Pool } from "../../core/domain/pool.ts";
import { enableJob } from "../../core/services/jobs/disable-job.ts";
import { deleteJob } from "../../core/services/jobs/end-job.ts";
import { updateJob } from "../../core/services/jobs/update-job.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { deletePool } from "../../core/services/pools/delete-pool.ts";
import { getPool } from "../../core/services/pools/read-pools.ts";
import { resizePool } from "../../core/services/pools/resize-pool.ts";
import { updatePool } from "../../core/services/pools/update-pool.ts";
import { Client } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { drawRates, type FaultRates } from "./faults.ts";
import { Ledger, type LedgerJob } from "./ledger.ts";
import { outlivedManager } from "./manager-reckoning.ts";
import { restless } from "./node-reckoning.ts";
import { calmNodes, NodeUser } from "./node-users.ts";
import { ownPool } from "./own-pools.ts";
import type { Plant } from "./plants.ts";
import { Random } from "./random.ts";
import { countsDiffer, ignoredFailure, remains, taskOf, unfinished } from "./reckoning.ts";
import { restlessSchedule, strayPools } from "./schedule-reckoning.ts";
import { calmSchedules, ScheduleUser, takeDownSchedules } from "./schedule-users.ts";
import { drawScale, JobUser, PoolUser, resizeTo, type Scale } from "./users.ts";
import { Violation } from "./violation.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

export interface StoryOptions {
  readonly rates?: FaultRates;
  readonly scale?: Scale;
  /** Faults, by number, that are spared. */
  readonly spare?: ReadonlySet<number>;
  readonly plant?: Plant;
  readonly keepTrace?: boolean;
}
export interface StoryEnd {
  readonly seed: number;
  readonly violation?: Violation;
  readonly digest: string;
  readonly trace: readonly string[];
  /** Faults that struck, and how many were drawn, with those that were spared. */
  readonly faults: number;
  readonly drawn: number;
  readonly events: number;
}

/** Lives through a seed. Rejects only for errors of the simulation itself. */
export async function runStory(seed: number, options: StoryOptions = {}): Promise<StoryEnd> {
  const random = new Random(seed);
  const rates = options.rates ?? drawRates(random);
  const drawn = options.scale ?? drawScale(random);
  // Of its own, so that seeds without tasks of several instances tell the stories that they always told.
  const gangs = new Random(seed + 2 ** 34);
  const scale = { ...drawn, gang: drawn.gang ?? (gangs.chance(0.3) ? drawn.nodes : 0) };
  const cluster = new Cluster(seed, { rates, ...options });
  if (options.plant) options.plant(cluster);
  let violation: Violation | undefined;
  try {
    await live(cluster, scale, random, seed, gangs);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
    cluster.trace.say("VIOLATION", error.message);
  }
  const { trace, faults, loop } = cluster;
  return {
    seed,
    ...(violation ? { violation } : {}),
    digest: trace.digest(),
    trace: trace.lines,
    faults: faults.struck,
    drawn: faults.drawn,
    events: loop.count,
  };
}

async function live(cluster: Cluster, scale: Scale, random: Random, seed: number, gangs: Random): Promise<void> {
  const ledger = new Ledger();
  const operators: Promise<void>[] = [];
  for (let i = 0; i < scale.pools; i++) {
    const slots = random.int(1, 4);
    const pool = { id: `Pool${i}`, slots: scale.gang ? 1 : slots };
    ledger.pools.set(pool.id, pool);
    cluster.poolSlots.set(pool.id, pool.slots);
    const users = [
      new PoolUser(cluster, pool, scale, random.fork()).live(),
      new NodeUser(cluster, pool, scale.unrest, random.fork()).live(),
    ];
    for (const life of users) unhandled(cluster, life);
    operators.push(...users);
  }
  // Of its own, so that seeds without schedules tell the stories that they always told.
  const lately = new Random(seed + 2 ** 33);
  const schedules = lately.chance(0.3) ? lately.int(1, 3) : 0;
  for (let i = 0; i < schedules; i++) unhandled(cluster, new ScheduleUser(cluster, `schedule${i}`, lately.fork()).live());
  for (let i = 0; i < scale.jobs; i++) {
    const job = {
      id: `job${i}`,
      poolId: `Pool${random.int(0, scale.pools - 1)}`,
      uid: "",
      tasks: new Set<string>(),
      ended: false,
      endsItself: false,
      deleted: false,
      ...(lately.chance(0.15) ? { ownPool: ownPool(lately, "job", 1) } : {}),
    };
    unhandled(cluster, new JobUser(cluster, ledger, job, scale, random.fork(), gangs.fork()).live());
  }
  await cluster.run(random.logarithmic(60, 900) * SECOND);
  cluster.faults.stop();
  cluster.quiet = true;
  await calm(cluster, ledger, scale, operators);
  await finished(cluster, calmSchedules(cluster, lately));
  await reckon(cluster, ledger, scale);
  await takeDown(cluster, ledger);
}

/** Every pool has a node, every job may run. Who operates pools is waited for: their last request may be on its way. */
async function calm(cluster: Cluster, ledger: Ledger, scale: Scale, operators: readonly Promise<void>[]): Promise<void> {
  const client = new Client(cluster, "operator");
  const work = Promise.all([
    ...[...ledger.pools.values()].map(async ({ id, slots }) => {
      await Promise.all(operators);
      for (;;) {
        const pool = await client.ask(`get pool ${id}`, (ctx) => getPool(ctx, id));
        if (pool && !(pool instanceof Refusal) && pool.state === "active" && enough(pool, Math.max(1, scale.gang ?? 0))) {
          // A start task that fails would leave the pool without a node.
          await client.ask(`clear the start task of ${id}`, (ctx) => updatePool(ctx, id, { startTask: null }));
          return calmNodes(cluster, id);
        }
        if (pool instanceof Refusal)
          await client.ask(`add pool ${id}`, (ctx) => addPool(ctx, calmPool(id, slots, Math.max(1, scale.gang ?? 0))));
        else await client.ask(`resize pool ${id}`, (ctx) => resizePool(ctx, id, resizeTo(Math.max(1, scale.nodes))));
        await cluster.loop.sleep(10 * SECOND);
      }
    }),
    ...[...ledger.jobs.values()].filter((job) => !job.deleted).map((job) => calmJob(cluster, client, job)),
  ]);
  let done = false;
  void work.then(() => {
    done = true;
  });
  await cluster.run(HOUR, () => done);
  if (!done) throw new Violation("settles", "a pool gets no nodes within an hour of calm");
}

/** Half of the jobs are to end with their last task. */
async function calmJob(cluster: Cluster, client: Client, job: LedgerJob): Promise<void> {
  await client.ask(`enable job ${job.id}`, (ctx) => enableJob(ctx, job.id));
  if (cluster.random.chance(0.5)) return;
  const changed = await client.ask(`let job ${job.id} end itself`, (ctx) => updateJob(ctx, job.id, { onAllTasksComplete: "terminatejob" }));
  job.endsItself = changed !== undefined && !(changed instanceof Refusal);
}

const enough = (pool: Pool, nodes: number) =>
  pool.allocationState === "steady" && pool.spec.targetDedicatedNodes >= nodes && pool.currentDedicatedNodes >= nodes;

function calmPool(id: string, slots: number, nodes: number) {
  return {
    id,
    vmSize: "small",
    resizeTimeout: "PT15M",
    targetDedicatedNodes: nodes,
    targetLowPriorityNodes: 0,
    taskSlotsPerNode: slots,
    enableInterNodeCommunication: true,
    taskSchedulingPolicy: { nodeFillType: "spread" as const },
  };
}

async function reckon(cluster: Cluster, ledger: Ledger, scale: Scale): Promise<void> {
  // Tasks that depend on one another may all have to run one after another.
  const work = scale.jobs * scale.tasks * scale.longest;
  await within(cluster, HOUR + work, "settles", () => unfinished(cluster, ledger));
  await within(cluster, HOUR, "no instance outlives its attempt", () => cluster.watch.gangs.outlived((name) => taskOf(cluster, name)));
  await within(cluster, HOUR, "acts on failures", () => ignoredFailure(cluster));
  await within(cluster, HOUR, "ends with its manager", () => outlivedManager(cluster));
  // A handler that was cut short may leave counts to be mended by a sweep; where none was, they are exact as soon as all is quiet.
  await within(cluster, cluster.faults.calls > 0 ? HOUR : 20 * SECOND, "counts", () => countsDiffer(cluster));
  await within(cluster, HOUR, "schedules settle", () => restlessSchedule(cluster));
  await within(cluster, HOUR, "pools of jobs", () => strayPools(cluster));
  await within(cluster, HOUR, "nodes settle", () => restless(cluster));
  await within(cluster, HOUR, "no orphans", () => remains(cluster, ["ready", "lease", "waiting"], ledger));
}

async function takeDown(cluster: Cluster, ledger: Ledger): Promise<void> {
  const client = new Client(cluster, "operator");
  for (const job of ledger.jobs.values())
    unhandled(
      cluster,
      client.ask(`delete job ${job.id}`, (ctx) => deleteJob(ctx, job.id)),
    );
  for (const pool of ledger.pools.values())
    unhandled(
      cluster,
      client.ask(`delete pool ${pool.id}`, (ctx) => deletePool(ctx, pool.id)),
    );
  unhandled(cluster, takeDownSchedules(cluster));
  await within(cluster, HOUR, "empty at the end", () => remains(cluster, undefined, ledger));
  await within(cluster, 0, "statistics of all that is gone", () => cluster.watch.stats.differs(cluster.store.inner.dump()));
  await within(cluster, HOUR, "empty at the end", () => {
    if (cluster.fleet.machines.length > 0) return `${cluster.fleet.machines.length} machines`;
    return cluster.fleet.queues.size > 0 ? `node queues ${[...cluster.fleet.queues].join(" ")}` : undefined;
  });
}

/** Runs until `look` finds nothing any more; looks every few simulated seconds. */
async function within(cluster: Cluster, milliseconds: number, invariant: string, look: () => string | undefined): Promise<void> {
  const end = cluster.loop.now() + milliseconds;
  for (let wait = SECOND; ; wait = Math.min(wait * 1.5, 60 * SECOND)) {
    const found = look();
    if (found === undefined) return;
    if (cluster.loop.now() >= end) throw new Violation(invariant, found);
    await cluster.run(wait);
  }
}

/** Runs until it is done. */
async function finished(cluster: Cluster, work: Promise<void>): Promise<void> {
  let done = false;
  void work.then(() => {
    done = true;
  });
  await cluster.run(HOUR, () => done);
}

/** An actor of the simulation: what goes wrong in it is the simulation's fault, and ends the run. */
function unhandled(cluster: Cluster, life: Promise<unknown>): void {
  life.catch((error: unknown) => {
    cluster.broken ??= error;
  });
}
