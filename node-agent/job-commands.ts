/**
 * What jobs run on a node beside their tasks. The preparation of a job begins when its first task is about to start here, and runs once: how it ended
 * is remembered on the node's disk. The release runs once where a preparation was begun, when the control plane says that the job is over and none of
 * its tasks is held any more. Neither takes a task slot of its own.
 */
import type { JobRef } from "../core/domain/refs.ts";
import type { JobCommand, PreparationOrder, ReleaseOrder } from "../core/protocol/job-commands.ts";
import type { JobCommandReport, NodeEvent, NodeLoad, TaskOrder } from "../core/protocol/messages.ts";
import { CommandRun } from "./command-run.ts";
import { taskEnvironment } from "./environment.ts";
import type { JobRecord, JobRecords } from "./job-records.ts";
import type { TaskWorld } from "./task-runner.ts";
import type { Time } from "./time.ts";
import { Tries } from "./tries.ts";

/** So many jobs are told of with each report. */
const MOST_PREPARED_TOLD = 20;
const MOST_UNPREPARED_TOLD = 100;
/** Jobs that are over are remembered for messages that come again. */
const MOST_RELEASED = 1_000;
/** Shorter commands are reported when they end. */
const TOLD_AFTER_MS = 1_000;

interface Entry {
  readonly job: JobRef;
  order?: PreparationOrder;
  record?: JobRecord;
  preparing?: { readonly tries: Tries; readonly done: Promise<boolean> };
  releasing?: { readonly command: JobCommand | undefined; run?: { readonly tries: Tries; readonly done: Promise<void> } };
}

export class JobCommands {
  /** By the jobs' uids, the one that was used last at the end. */
  private readonly entries = new Map<string, Entry>();
  private world: TaskWorld | undefined;
  private runs = 0;

  constructor(
    private readonly report: (event: NodeEvent) => void,
    private readonly holdsJob: (job: JobRef) => boolean,
    private readonly records: JobRecords,
    private readonly time: Time,
  ) {
    for (const found of records.readAll()) {
      const { jobId, uid } = found;
      // A preparation that is to be done again after a start of the node is as one that was begun and not ended.
      const again = found.rerun && (found.state === "succeeded" || (found.state === "failed" && !found.waits));
      this.entries.set(uid, { job: { jobId, uid }, record: again ? { ...found, state: "started" } : found });
    }
  }

  /** Commands may run from now on. */
  open(world: TaskWorld): void {
    this.world = world;
    for (const entry of this.entries.values()) this.goOnReleasing(entry);
  }

  /** What tasks that came are to be preceded by. */
  learn(orders: readonly PreparationOrder[]): void {
    for (const order of orders) {
      const { jobId, uid } = order.job;
      const entry = this.entries.get(uid) ?? { job: { jobId, uid } };
      entry.order = order;
      this.entries.set(uid, entry);
    }
  }

  /**
   * To be asked when a task is about to start: undefined where it may, else whether it may later. Begins the preparation of the task's job where that
   * is still to be done.
   */
  before({ task, preparation }: TaskOrder): Promise<boolean> | undefined {
    if (preparation === undefined) return undefined;
    const entry = this.entries.get(task.uid);
    if (!entry?.order || entry.releasing || entry.record?.state === "released") return Promise.resolve(false);
    this.entries.delete(task.uid);
    this.entries.set(task.uid, entry);
    const { waitForSuccess } = entry.order;
    if (entry.record?.state === "succeeded") return undefined;
    if (entry.record?.state === "failed") return waitForSuccess ? Promise.resolve(false) : undefined;
    const { done } = entry.preparing ?? this.prepare(entry, entry.order);
    return waitForSuccess ? done : undefined;
  }

  /** The node holds a task of the job no more. */
  taskGone(job: JobRef): void {
    const entry = this.entries.get(job.uid);
    if (entry) this.goOnReleasing(entry);
  }

  /** The job is over: see {@link ReleaseOrder}. Asked again, it answers again. */
  release({ job, release }: ReleaseOrder): void {
    const entry = this.entries.get(job.uid);
    if (!entry || entry.record?.state === "released") this.tellReleased(job, entry?.record?.release);
    else if (!entry.releasing) {
      entry.releasing = { command: release };
      entry.preparing?.tries.stop();
      this.goOnReleasing(entry);
    }
  }

  /** Nothing of the job is wanted here any more. Resolves when nothing of it runs. */
  async forget(job: JobRef): Promise<void> {
    const entry = this.entries.get(job.uid);
    if (!entry) return;
    this.entries.delete(job.uid);
    const { preparing, releasing } = entry;
    preparing?.tries.stop();
    releasing?.run?.tries.stop();
    await Promise.all([preparing?.done, releasing?.run?.done]);
    this.records.remove(job.uid);
  }

  /** Ends the releases that run; they are to be asked for again. */
  stopReleases(): void {
    for (const { releasing } of this.entries.values()) releasing?.run?.tries.stop();
  }

  get isReleasing(): boolean {
    return [...this.entries.values()].some(({ releasing }) => releasing?.run !== undefined);
  }

  /** Which jobs' tasks can start here, and which cannot. */
  load(): Pick<NodeLoad, "prepared" | "unprepared"> {
    if (this.entries.size === 0) return {};
    const those = (match: (record: JobRecord) => boolean, most: number) =>
      [...this.entries.values()].flatMap(({ job, record }) => (record && match(record) ? [job.uid] : [])).slice(-most);
    // What nobody waits for has had its turn, however it ended.
    const prepared = those(({ state, waits }) => state === "succeeded" || (state === "failed" && !waits), MOST_PREPARED_TOLD);
    const unprepared = those(({ state, waits }) => state === "failed" && waits, MOST_UNPREPARED_TOLD);
    return { ...(prepared.length > 0 && { prepared }), ...(unprepared.length > 0 && { unprepared }) };
  }

  private prepare(entry: Entry, order: PreparationOrder): { tries: Tries; done: Promise<boolean> } {
    const { id, waitForSuccess: waits, rerunAfterReboot: rerun } = order;
    const save = (state: JobRecord["state"]) => this.save(entry, { ...entry.job, id, waits, rerun, state });
    save("started");
    const tries = this.tries(entry.job, order, order.maxTaskRetryCount, undefined);
    const done = this.run("preparation", entry.job, order, tries).then(({ report, succeeded, stopped }) => {
      delete entry.preparing;
      if (!stopped) save(succeeded ? "succeeded" : "failed");
      this.report({ kind: "preparation", job: entry.job, id, report });
      this.goOnReleasing(entry);
      return succeeded && !stopped;
    });
    entry.preparing = { tries, done };
    return entry.preparing;
  }

  private goOnReleasing(entry: Entry): void {
    const { job, releasing, record } = entry;
    if (!releasing || releasing.run || entry.preparing || !this.world || this.holdsJob(job)) return;
    const { command } = releasing;
    if (!command || !record) {
      this.released(entry, undefined);
      return;
    }
    const tries = this.tries(job, command, 0, record.id);
    const done = this.run("release", job, command, tries).then(({ report, stopped }) => {
      if (stopped) delete entry.releasing;
      else this.released(entry, { id: command.id, report });
    });
    releasing.run = { tries, done };
  }

  private released(entry: Entry, release: JobRecord["release"]): void {
    const { job, record } = entry;
    delete entry.releasing;
    if (record) this.save(entry, { ...record, state: "released", ...(release && { release }) });
    else this.entries.delete(job.uid);
    this.tellReleased(job, release);
    this.dropReleased();
  }

  private tellReleased(job: JobRef, release: JobRecord["release"]): void {
    this.report({ kind: "release", job, ...release });
  }

  private dropReleased(): void {
    const released = [...this.entries.values()].filter(({ record }) => record?.state === "released");
    for (const { job } of released.slice(0, -MOST_RELEASED)) {
      this.entries.delete(job.uid);
      this.records.remove(job.uid);
    }
  }

  /** Tells of the run when it has taken a while, and of each further try. The last word is the caller's. */
  private async run(kind: "preparation" | "release", job: JobRef, command: JobCommand, tries: Tries) {
    let cancel = () => {};
    const tell = (report: JobCommandReport) => this.report({ kind, job, id: command.id, report });
    const end = await tries.run((report) => {
      cancel();
      if (report.retryCount > 0) tell(report);
      else cancel = this.time.after(TOLD_AFTER_MS, () => tell(report));
    });
    cancel();
    this.world?.retention.keep({ ...job, taskId: command.id }, command.retentionMs ?? Number.POSITIVE_INFINITY);
    return end;
  }

  private tries(job: JobRef, command: JobCommand, again: number, preparation: string | undefined): Tries {
    const { world } = this;
    if (!world) throw new Error("a job's command was to run before the node was configured");
    const task = { ...job, taskId: command.id };
    const settings = command.environment && { environment: command.environment };
    const prepared = preparation === undefined ? undefined : world.disk.ofTask({ ...job, taskId: preparation });
    const begin = () =>
      new CommandRun(
        {
          commandLine: command.commandLine,
          prepareDirectory: () => world.disk.prepareTask(task),
          environment: (own) => taskEnvironment(world.environment, { task, ...settings }, own, prepared),
          resourceFiles: command.resourceFiles,
          maxWallClockMs: command.maxWallClockMs,
          container: command.container && { settings: command.container, name: `shoal-${job.uid}-${command.id}-${++this.runs}` },
        },
        world,
      );
    return new Tries(again, begin, this.time);
  }

  private save(entry: Entry, record: JobRecord): void {
    // Of a job that was forgotten meanwhile nothing may stay.
    if (this.entries.get(entry.job.uid) !== entry) return;
    entry.record = record;
    this.records.write(record);
  }
}
