/** What users do, by seed: they add pools, jobs and tasks, and change their minds. */
import { Refusal } from "../../core/domain/errors.ts";
import type { JobSpec, PoolSpec, TaskSpec } from "../../core/domain/specs.ts";
import { addJob } from "../../core/services/jobs/add-job.ts";
import { disableJob, enableJob } from "../../core/services/jobs/disable-job.ts";
import { deleteJob, terminateJob } from "../../core/services/jobs/end-job.ts";
import { getJob } from "../../core/services/jobs/read-jobs.ts";
import { updateJob } from "../../core/services/jobs/update-job.ts";
import { addPool } from "../../core/services/pools/add-pool.ts";
import { deletePool } from "../../core/services/pools/delete-pool.ts";
import { resizePool, stopResize } from "../../core/services/pools/resize-pool.ts";
import { updatePool } from "../../core/services/pools/update-pool.ts";
import { upgradeOs } from "../../core/services/pools/upgrade-os.ts";
import { addTasks } from "../../core/services/tasks/add-tasks.ts";
import { deleteTask, terminateTask } from "../../core/services/tasks/end-task.ts";
import { reactivateTask } from "../../core/services/tasks/reactivate-task.ts";
import { listTasks } from "../../core/services/tasks/read-tasks.ts";
import { Client } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import { drawGang } from "./gangs.ts";
import type { Ledger, LedgerJob, LedgerPool } from "./ledger.ts";
import { Links } from "./links.ts";
import { drawManager, MANAGER } from "./managers.ts";
import { OWN_POOL_SLOTS } from "./own-pools.ts";
import { drawPreparation } from "./preparations.ts";
import type { Random } from "./random.ts";
import { drawStartTask } from "./start-tasks.ts";

export interface Scale {
  readonly pools: number;
  readonly nodes: number;
  readonly jobs: number;
  readonly tasks: number;
  /** Users change their minds about so much, from 0 to 1. */
  readonly unrest: number;
  /** The longest task, in milliseconds. */
  readonly longest: number;
  /** At most so many tasks are added by one call. */
  readonly batch: number;
  /** Tasks of several instances have at most so many. */
  readonly gang?: number;
}

export function drawScale(random: Random): Scale {
  return {
    pools: random.int(1, 2),
    nodes: random.int(1, 6),
    jobs: random.int(1, 4),
    tasks: Math.round(random.logarithmic(3, 60)),
    unrest: random.chance(0.3) ? 0 : random.next(),
    longest: random.logarithmic(100, 200_000),
    batch: 30,
  };
}

const SECOND = 1000;
export const resizeTo = (dedicated: number) => ({
  targetDedicatedNodes: dedicated,
  resizeTimeoutMs: 900 * SECOND,
  deallocation: "requeue" as const,
});

export class PoolUser {
  private readonly client: Client;

  constructor(
    private readonly cluster: Cluster,
    private readonly pool: LedgerPool,
    private readonly scale: Scale,
    private readonly random: Random,
  ) {
    this.client = new Client(cluster, `user of ${pool.id}`);
  }

  async live(): Promise<void> {
    await this.add();
    for (;;) {
      await this.cluster.loop.sleep(this.random.logarithmic(5, 600) * SECOND);
      if (this.cluster.quiet) return;
      if (!this.random.chance(this.scale.unrest)) continue;
      const what = this.random.next();
      if (what < 0.2) await this.client.ask(`upgrade pool ${this.pool.id}`, this.upgrade());
      else if (what < 0.3) {
        const startTask = this.random.chance(0.5) ? drawStartTask(this.random) : null;
        await this.client.ask(`change the start task of ${this.pool.id}`, (ctx) => updatePool(ctx, this.pool.id, { startTask }));
      } else if (what < 0.4) {
        await this.client.ask(`delete pool ${this.pool.id}`, (ctx) => deletePool(ctx, this.pool.id));
        await this.cluster.loop.sleep(this.random.logarithmic(1, 200) * SECOND);
        if (this.cluster.quiet) return;
        await this.add();
      } else {
        const target = this.random.int(0, this.scale.nodes);
        const deallocation = this.random.pick(["requeue", "requeue", "terminate", "taskcompletion"] as const);
        await this.client.ask(`resize pool ${this.pool.id} to ${target} (${deallocation})`, (ctx) =>
          resizePool(ctx, this.pool.id, { ...resizeTo(target), deallocation }),
        );
        if (this.random.chance(0.1)) await this.client.ask(`stop resize of ${this.pool.id}`, (ctx) => stopResize(ctx, this.pool.id));
      }
    }
  }

  private upgrade(): Parameters<Client["ask"]>[1] {
    const version = String(this.random.int(1, 3));
    return (ctx) => upgradeOs(ctx, this.pool.id, version);
  }

  /** Until there is one again: the old one may still be going. */
  async add(): Promise<void> {
    const spec: PoolSpec = {
      id: this.pool.id,
      vmSize: "small",
      resizeTimeout: "PT15M",
      targetDedicatedNodes: this.random.int(0, this.scale.nodes),
      targetLowPriorityNodes: this.random.chance(0.3) ? 1 : 0,
      taskSlotsPerNode: this.pool.slots,
      enableInterNodeCommunication: true,
      taskSchedulingPolicy: { nodeFillType: this.random.pick(["pack", "spread"]) },
      ...(this.random.chance(0.5) ? { cloudServiceConfiguration: { osFamily: "5", osVersion: "1" } } : {}),
      ...(this.random.chance(0.4) ? { startTask: drawStartTask(this.random) } : {}),
    };
    while (!this.cluster.quiet) {
      const answer = await this.client.ask(`add pool ${spec.id}`, (ctx) => addPool(ctx, spec));
      if (!(answer instanceof Refusal) || answer.code === "PoolExists") return;
      await this.cluster.loop.sleep(5 * SECOND);
    }
  }
}

export class JobUser {
  private readonly client: Client;
  private readonly links: Links;
  private readonly acts: boolean;
  private readonly gangRandom: Random;
  private next = 0;
  /** Some nodes may be closed to it: what needs several might wait for ever. */
  private mayBeUnprepared = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly ledger: Ledger,
    private readonly job: LedgerJob,
    private readonly scale: Scale,
    private readonly random: Random,
    gangRandom: Random,
  ) {
    this.gangRandom = gangRandom;
    this.client = new Client(cluster, `user of ${job.id}`);
    this.links = new Links(random.fork(), scale.tasks);
    this.acts = random.chance(0.15);
  }

  async live(): Promise<void> {
    await this.cluster.loop.sleep(this.random.logarithmic(0.01, 60) * SECOND);
    if (!(await this.add())) return;
    while (!this.job.deleted && !this.cluster.quiet) {
      if (this.next < this.scale.tasks) await this.addSome();
      await this.cluster.loop.sleep(this.random.logarithmic(0.05, 120) * SECOND);
      if (this.random.chance(this.scale.unrest * 0.5)) await this.changeMind();
    }
  }

  private async add(): Promise<boolean> {
    const { id, poolId } = this.job;
    const spec: JobSpec = {
      id,
      priority: this.random.pick([-5, 0, 0, 7]),
      poolInfo: this.job.ownPool ?? { poolId },
      constraints: { maxTaskRetryCount: 0 },
      onAllTasksComplete: "noaction",
      onTaskFailure: this.acts ? "performexitoptionsjobaction" : "noaction",
      usesTaskDependencies: this.links.used,
      maxParallelTasks: this.random.chance(0.2) ? this.random.int(1, 3) : -1,
      ...drawManager(this.random.fork(), id, this.scale.longest),
      ...drawPreparation(this.random.fork(), id, this.scale.longest),
    };
    this.mayBeUnprepared = spec.jobPreparationTask !== undefined || this.job.ownPool !== undefined;
    await this.client.ask(`add job ${id}`, (ctx) => addJob(ctx, spec));
    const job = await this.client.ask(`get job ${id}`, (ctx) => getJob(ctx, id));
    if (!job || job instanceof Refusal) return false;
    this.job.uid = job.uid;
    if (job.autoPoolId !== undefined) this.cluster.poolSlots.set(job.autoPoolId, OWN_POOL_SLOTS);
    this.ledger.jobs.set(id, this.job);
    if (spec.jobManagerTask) this.job.tasks.add(MANAGER);
    return true;
  }

  private async addSome(): Promise<void> {
    const count = Math.min(this.scale.tasks - this.next, this.random.int(1, this.scale.batch));
    const specs = Array.from({ length: count }, () => this.task(this.next++));
    const answer = await this.client.ask(`add ${count} tasks to ${this.job.id}`, (ctx) => addTasks(ctx, this.job.id, specs));
    if (!answer || answer instanceof Refusal) return;
    // "Exists" is an acknowledgement too: it was added by a request whose answer did not come.
    for (const spec of specs) this.job.tasks.add(spec.id);
  }

  private task(index: number): TaskSpec {
    const id = this.links.id(index);
    // The job may move to any pool.
    const most = Math.min(...[...this.ledger.pools.values()].map((pool) => pool.slots));
    const slots = Math.min(most, this.random.chance(0.15) ? 2 : 1);
    const exitCodes = this.random.chance(0.8) ? [0] : this.random.pick([[1, 0], [1], [1, 1, 0], [3, 3, 3, 0]]);
    const milliseconds = Math.round(this.random.logarithmic(5, this.scale.longest));
    const program = { task: `${this.job.uid}/${id}`, slots, milliseconds, exitCodes };
    return {
      id,
      commandLine: `'${JSON.stringify(program)}'`,
      requiredSlots: slots,
      ...drawGang(this.gangRandom, this.mayBeUnprepared ? 0 : (this.scale.gang ?? 0), this.scale.longest, program),
      constraints: { maxTaskRetryCount: this.random.int(0, 2) },
      ...this.links.of(index),
      ...this.conditions(),
    };
  }

  /** What a failure means; most tasks do not say. */
  private conditions(): Pick<TaskSpec, "exitConditions"> {
    if (this.random.chance(0.7)) return {};
    const dependencyAction = this.links.used ? { dependencyAction: this.random.pick(["satisfy", "block"] as const) } : {};
    const jobAction = this.acts ? { jobAction: this.random.pick(["none", "disable", "terminate"] as const) } : {};
    return { exitConditions: { exitCodes: [{ code: 1, exitOptions: { ...dependencyAction, ...jobAction } }] } };
  }

  private async changeMind(): Promise<void> {
    const { id } = this.job;
    const one = this.random.pick([...this.job.tasks, "t0"]);
    const what = this.random.int(0, 20);
    if (what < 5) {
      const how = this.random.pick(["requeue", "terminate", "wait"] as const);
      await this.client.ask(`disable job ${id} (${how})`, (ctx) => disableJob(ctx, id, how));
      await this.cluster.loop.sleep(this.random.logarithmic(0.1, 60) * SECOND);
      const poolId = this.random.pick([...this.ledger.pools.keys()]);
      if (this.random.chance(0.3))
        await this.client.ask(`move job ${id} to ${poolId}`, (ctx) => updateJob(ctx, id, { poolInfo: { poolId } }));
      await this.client.ask(`enable job ${id}`, (ctx) => enableJob(ctx, id));
    } else if (what < 9) {
      const priority = this.random.pick([-5, 0, 7, 100]);
      await this.client.ask(`give job ${id} priority ${priority}`, (ctx) => updateJob(ctx, id, { priority }));
    } else if (what < 13) {
      await this.client.ask(`terminate task ${id}/${one}`, (ctx) => terminateTask(ctx, id, one));
    } else if (what < 16) {
      this.job.tasks.delete(one);
      await this.client.ask(`delete task ${id}/${one}`, (ctx) => deleteTask(ctx, id, one));
    } else if (what < 19) {
      await this.reactivate();
    } else if (what === 19) {
      this.job.ended = true;
      await this.client.ask(`terminate job ${id}`, (ctx) => terminateJob(ctx, id, "enough"));
    } else {
      this.job.ended = true;
      this.job.deleted = true;
      await this.client.ask(`delete job ${id}`, (ctx) => deleteJob(ctx, id));
    }
  }

  private async reactivate(): Promise<void> {
    const { id } = this.job;
    const page = await this.client.ask(`list tasks of ${id}`, (ctx) => listTasks(ctx, id, { limit: 100 }));
    if (!page || page instanceof Refusal) return;
    const failed = page.items.find((task) => task.result === "failure");
    if (failed) await this.client.ask(`reactivate ${id}/${failed.id}`, (ctx) => reactivateTask(ctx, id, failed.id));
  }
}
