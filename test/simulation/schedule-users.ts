/** Job schedules, and jobs with pools of their own: what users do with them, by seed. */
import { Refusal } from "../../core/domain/errors.ts";
import type { Recurrence, ScheduleSpec } from "../../core/domain/schedule.ts";
import { terminateJob } from "../../core/services/jobs/end-job.ts";
import { deletePool } from "../../core/services/pools/delete-pool.ts";
import { listPools } from "../../core/services/pools/read-pools.ts";
import { resizePool } from "../../core/services/pools/resize-pool.ts";
import { addSchedule } from "../../core/services/schedules/add-schedule.ts";
import { disableSchedule, enableSchedule } from "../../core/services/schedules/disable-schedule.ts";
import { deleteSchedule, terminateSchedule } from "../../core/services/schedules/end-schedule.ts";
import { getSchedule, listSchedules } from "../../core/services/schedules/read-schedules.ts";
import { updateSchedule } from "../../core/services/schedules/update-schedule.ts";
import { Client } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import { ownPool } from "./own-pools.ts";
import type { Random } from "./random.ts";
import { resizeTo } from "./users.ts";

const SECOND = 1000;
export class ScheduleUser {
  private readonly client: Client;

  constructor(
    private readonly cluster: Cluster,
    private readonly id: string,
    private readonly random: Random,
  ) {
    this.client = new Client(cluster, `user of ${id}`);
  }

  async live(): Promise<void> {
    await this.sleep(0.01, 60);
    await this.add();
    while (!this.cluster.quiet) {
      await this.sleep(1, 120);
      if (this.cluster.quiet) return;
      if (this.random.chance(0.6)) await this.endJob();
      else await this.changeMind();
    }
  }

  private async add(): Promise<void> {
    const spec: ScheduleSpec = { id: this.id, schedule: this.recurrence(), jobSpecification: this.jobs() };
    await this.client.ask(`add schedule ${this.id}`, (ctx) => addSchedule(ctx, spec));
  }

  private recurrence(): Recurrence {
    const later = (most: number) => new Date(Math.round(this.cluster.loop.now() + this.random.logarithmic(1, most) * SECOND)).toISOString();
    const interval = this.random.int(60, 200);
    return {
      ...(this.random.chance(0.8) && { recurrenceInterval: `PT${interval}S` }),
      ...(this.random.chance(0.3) && { startWindow: "PT60S" }),
      ...(this.random.chance(0.3) && { doNotRunUntil: later(120) }),
      ...(this.random.chance(0.1) && { doNotRunAfter: later(900) }),
    };
  }

  private jobs(): ScheduleSpec["jobSpecification"] {
    const lifetime = this.random.pick(["job", "jobschedule"] as const);
    return {
      priority: 0,
      poolInfo: this.random.chance(0.5) ? { poolId: "Pool0" } : ownPool(this.random, lifetime, this.random.int(0, 1)),
      constraints: { maxTaskRetryCount: 0, ...(this.random.chance(0.2) && { maxWallClockTime: "PT100S" }) },
      onAllTasksComplete: this.random.chance(0.3) ? "terminatejob" : "noaction",
      onTaskFailure: "noaction",
    };
  }

  private async endJob(): Promise<void> {
    const schedule = await this.client.ask(`get schedule ${this.id}`, (ctx) => getSchedule(ctx, this.id));
    if (!schedule || schedule instanceof Refusal || !schedule.recentJob) return;
    const { jobId } = schedule.recentJob;
    await this.client.ask(`terminate job ${jobId}`, (ctx) => terminateJob(ctx, jobId, "enough"));
  }

  private async changeMind(): Promise<void> {
    const { id } = this;
    const what = this.random.int(0, 9);
    if (what < 3) {
      await this.client.ask(`disable schedule ${id}`, (ctx) => disableSchedule(ctx, id));
      await this.sleep(1, 300);
      await this.client.ask(`enable schedule ${id}`, (ctx) => enableSchedule(ctx, id));
    } else if (what < 5) {
      const schedule = this.recurrence();
      await this.client.ask(`change the times of schedule ${id}`, (ctx) => updateSchedule(ctx, id, { schedule }));
    } else if (what < 7) {
      const jobSpecification = this.jobs();
      await this.client.ask(`change the jobs of schedule ${id}`, (ctx) => updateSchedule(ctx, id, { jobSpecification }));
    } else if (what === 7) {
      await this.client.ask(`terminate schedule ${id}`, (ctx) => terminateSchedule(ctx, id));
    } else {
      await this.client.ask(`delete schedule ${id}`, (ctx) => deleteSchedule(ctx, id));
      await this.sleep(1, 60);
      if (!this.cluster.quiet) await this.add();
    }
  }

  private sleep(low: number, high: number): Promise<void> {
    return this.cluster.loop.sleep(this.random.logarithmic(low, high) * SECOND);
  }
}

/** Most schedules rest, so that jobs do not go on without end; pools that were made for jobs have a node. */
export async function calmSchedules(cluster: Cluster, random: Random): Promise<void> {
  const client = new Client(cluster, "operator");
  const schedules = await client.ask("list schedules", (ctx) => listSchedules(ctx, { limit: 100 }));
  for (const { id } of schedules instanceof Refusal ? [] : (schedules?.items ?? [])) {
    if (random.chance(0.5)) await client.ask(`disable schedule ${id}`, (ctx) => disableSchedule(ctx, id));
    else await client.ask(`terminate schedule ${id}`, (ctx) => terminateSchedule(ctx, id));
  }
  for (const { id, autoPoolOf } of await pools(client)) {
    if (autoPoolOf) await client.ask(`resize pool ${id}`, (ctx) => resizePool(ctx, id, resizeTo(1)));
  }
}

/** Deletes every schedule, and the pools that were to outlive their jobs. */
export async function takeDownSchedules(cluster: Cluster): Promise<void> {
  const client = new Client(cluster, "operator");
  const schedules = await client.ask("list schedules", (ctx) => listSchedules(ctx, { limit: 100 }));
  for (const { id } of schedules instanceof Refusal ? [] : (schedules?.items ?? []))
    await client.ask(`delete schedule ${id}`, (ctx) => deleteSchedule(ctx, id));
  for (;;) {
    const kept = (await pools(client)).filter(({ id, autoPoolOf }) => id.startsWith("own_") && !autoPoolOf);
    for (const { id } of kept) await client.ask(`delete pool ${id}`, (ctx) => deletePool(ctx, id));
    if (!(await pools(client)).some(({ id }) => id.startsWith("own_"))) return;
    await cluster.loop.sleep(10 * SECOND);
  }
}

async function pools(client: Client) {
  const page = await client.ask("list pools", (ctx) => listPools(ctx, { limit: 100 }));
  return page instanceof Refusal ? [] : (page?.items ?? []);
}
