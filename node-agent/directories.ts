import { mkdirSync, rmdirSync } from "node:fs";
import { rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JobRef, TaskRef } from "../core/domain/refs.ts";
import { jobDirectory } from "../core/domain/work-directory.ts";
import { codeOf } from "./log.ts";
import { findProgram } from "./program.ts";

const MODE = 0o770;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
/** A schedule's job has its number behind the schedule's id. */
const JOB_ID = /^[A-Za-z0-9_-]{1,64}(?::job-\d{1,15})?$/;
/** Jobs whose directory is known to be there; more than this are looked at again. */
const REMEMBERED_JOBS = 1_000;

export interface TaskDirectories {
  readonly directory: string;
  readonly working: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NodeDirectories {
  readonly root: string;
  readonly shared: string;
  readonly startup: string;
  readonly mounts: string;
}

/** A node's disk, as far as the agent's own logic needs it. */
export interface NodeDisk extends NodeDirectories {
  /** Where a task's directory is, once it is prepared. */
  ofTask(task: TaskRef): TaskDirectories;
  /** A new, empty directory for an attempt. */
  prepareTask(task: TaskRef): TaskDirectories | Promise<TaskDirectories>;
  prepareStartTask(): TaskDirectories;
  removeTask(task: TaskRef): Promise<void>;
  removeJob(job: JobRef): Promise<void>;
  /** What is free on the disk for tasks. */
  freeBytes(): Promise<number>;
  /** The path of a program as execvp would find it. Throws a TaskFailure. */
  findProgram(name: string, env: Readonly<Record<string, string>>, cwd: string): string;
}

/** The directories of a node below its root, as the overview lays them out. */
export class Directories implements NodeDisk {
  readonly findProgram = findProgram;
  readonly shared: string;
  readonly startup: string;
  readonly mounts: string;
  readonly volatile: string;
  private readonly workitems: string;
  private readonly jobUids = new Map<string, string>();
  private readonly preparing = new Map<string, Promise<void>>();

  /** Makes what is not there. */
  constructor(readonly root: string) {
    for (const name of ["applications", "fsmounts", "shared", "startup", "volatile", "workitems"]) {
      mkdirSync(join(root, name), { recursive: true, mode: MODE });
    }
    this.shared = join(root, "shared");
    this.startup = join(root, "startup");
    this.mounts = join(root, "fsmounts");
    this.volatile = join(root, "volatile");
    this.workitems = join(root, "workitems");
  }

  /** Where a task lives. Throws where an id could lead elsewhere. */
  ofTask(task: TaskRef): TaskDirectories {
    return layout(`${this.ofJob(task)}/${checked(task.taskId)}`);
  }

  /** A new, empty directory for an attempt: what an earlier one left is removed. Synchronous, hence fast, where there is none. */
  prepareTask(task: TaskRef): TaskDirectories | Promise<TaskDirectories> {
    const where = this.ofTask(task);
    const known = this.jobUids.get(task.jobId);
    if (known !== task.uid) return this.prepareJob(task).then(() => this.prepareTask(task));
    try {
      mkdirSync(where.directory, MODE);
      mkdirSync(where.working, MODE);
      return where;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") {
        this.jobUids.delete(task.jobId);
        return this.prepareTask(task);
      }
      if (code !== "EEXIST") throw error;
      return rm(where.directory, { recursive: true, force: true }).then(() => this.prepareTask(task));
    }
  }

  /** The start task keeps its directory from one try to the next. */
  prepareStartTask(): TaskDirectories {
    const where = layout(this.startup);
    mkdirSync(where.working, { recursive: true, mode: MODE });
    return where;
  }

  removeTask(task: TaskRef): Promise<void> {
    if (this.isOfLaterJob(task)) return Promise.resolve();
    return rm(this.ofTask(task).directory, { recursive: true, force: true });
  }

  /** Removes every directory of the job; one of the same id that came after it keeps its own. */
  async removeJob(job: JobRef): Promise<void> {
    if (this.isOfLaterJob(job)) return;
    this.jobUids.delete(job.jobId);
    const directory = this.ofJob(job);
    await rm(directory, { recursive: true, force: true });
    removeIfEmpty(dirname(directory));
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.root);
    return bavail * bsize;
  }

  /** One at a time for a job: the tasks of a new incarnation come together, and the old one's files must go once, before them. */
  private prepareJob(job: JobRef): Promise<void> {
    const before = this.preparing.get(job.jobId) ?? Promise.resolve();
    const prepared = before
      .then(() => this.makeJob(job))
      .finally(() => this.preparing.get(job.jobId) === prepared && this.preparing.delete(job.jobId));
    this.preparing.set(job.jobId, prepared);
    return prepared;
  }

  private async makeJob(job: JobRef): Promise<void> {
    const known = this.jobUids.get(job.jobId);
    if (known === job.uid) return;
    if (known !== undefined) await rm(this.ofJob(job), { recursive: true, force: true });
    mkdirSync(this.ofJob(job), { recursive: true, mode: MODE });
    this.jobUids.set(job.jobId, job.uid);
    if (this.jobUids.size <= REMEMBERED_JOBS) return;
    for (const oldest of this.jobUids.keys()) {
      this.jobUids.delete(oldest);
      return;
    }
  }

  private isOfLaterJob(job: JobRef): boolean {
    const uid = this.jobUids.get(job.jobId);
    return uid !== undefined && uid !== job.uid;
  }

  private ofJob(job: JobRef): string {
    return `${this.workitems}/${jobDirectory(checked(job.jobId, JOB_ID))}`;
  }
}

function layout(directory: string): TaskDirectories {
  return { directory, working: `${directory}/wd`, stdout: `${directory}/stdout.txt`, stderr: `${directory}/stderr.txt` };
}

/** Synchronous, so that no job beside it is just being given its directory. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) throw error;
  }
}

function checked(id: string, form = ID): string {
  if (!form.test(id)) throw new Error("An id holds characters that a directory's name may not.");
  return id;
}
