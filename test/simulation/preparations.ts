/** Jobs that are prepared on nodes and released there: how users ask for it, and what must hold of it. */
import { fromItem } from "../../core/domain/items.ts";
import { type Job, poolOf } from "../../core/domain/job.ts";
import type { Node } from "../../core/domain/node.ts";
import type { JobSpec } from "../../core/domain/specs.ts";
import type { Item } from "../../core/ports/store.ts";
import type { Random } from "./random.ts";
import type { SimProgram } from "./sim-machine.ts";
import { Violation } from "./violation.ts";

/** A release may take so long before nobody waits for it any more. */
const LONGEST_MS = 15 * 60_000;
/** What such a program is named by; the uid of a job is not known yet when its commands are written. */
const nameOf = (kind: "preparation" | "release", jobId: string) => `${kind} of ${jobId}`;

/** Every fourth job is prepared; most preparations succeed, some after another try, some on no node or not on every. */
export function drawPreparation(random: Random, jobId: string, longest: number): Pick<JobSpec, "jobPreparationTask" | "jobReleaseTask"> {
  if (!random.chance(0.25)) return {};
  const command = (kind: "preparation" | "release", exitCodes: readonly number[], failsOn = 0) => {
    const milliseconds = Math.round(random.logarithmic(5, longest));
    return `'${JSON.stringify({ kind, job: jobId, task: nameOf(kind, jobId), slots: 0, milliseconds, exitCodes, failsOn })}'`;
  };
  const exitCodes = random.chance(0.7) ? [0] : random.pick([[1, 0], [1]]);
  return {
    jobPreparationTask: {
      id: "jobpreparation",
      commandLine: command("preparation", exitCodes, random.chance(0.2) ? random.next() : 0),
      constraints: { maxTaskRetryCount: random.int(0, 2) },
      waitForSuccess: random.chance(0.8),
      rerunOnNodeRebootAfterSuccess: random.chance(0.6),
    },
    ...(random.chance(0.7) && {
      jobReleaseTask: {
        id: "jobrelease",
        commandLine: command("release", random.pick([[0], [0], [1]])),
        maxWallClockTime: "PT15M",
        retentionTime: "P7D",
      },
    }),
  };
}

/** What one machine's disk knows of one job. */
interface Place {
  succeeded: boolean;
  /** It failed for good, as far as its tries go. */
  bad: number;
  released: boolean;
  running: SimProgram | undefined;
}

/** What the book asks of the cluster. */
export interface Surroundings {
  now(): number;
  items(): readonly Item[];
  isAlive(machineId: string): boolean;
  /** What runs on a machine. */
  programs(machineId: string): Iterable<SimProgram>;
}

export class PreparationBook {
  /** By job and machine. */
  private readonly places = new Map<string, Map<string, Place>>();
  private readonly jobs = new Map<string, Job>();
  private readonly absent = new Set<string>();

  constructor(private readonly around: Surroundings) {}

  /** A preparation, or a release. */
  started(machineId: string, program: SimProgram): { exitCode: number } {
    const { job: jobId = "", kind } = program;
    const place = this.placeOf(jobId, machineId);
    if (place.running)
      throw new Violation("prepared once", `${program.task} starts on ${machineId} while ${place.running.task} runs there`);
    place.running = program;
    if (kind === "release") return this.startedRelease(machineId, program, place);
    if (place.succeeded) throw new Violation("prepared once", `${program.task} starts on ${machineId}, where it succeeded`);
    if (place.released) throw new Violation("prepared once", `${program.task} starts on ${machineId}, where the job was released`);
    if (hashOf(machineId + jobId) < (program.failsOn ?? 0)) return { exitCode: 1 };
    return { exitCode: program.exitCodes[Math.min(place.bad, program.exitCodes.length - 1)] ?? 0 };
  }

  private startedRelease(machineId: string, program: SimProgram, place: Place): { exitCode: number } {
    if (place.released) throw new Violation("released once", `${program.task} starts on ${machineId} once more`);
    const job = this.jobs.get(program.job ?? "");
    if (job?.state !== "terminating" && job?.state !== "deleting")
      throw new Violation("released at the end", `${program.task} starts on ${machineId} while the job is ${job?.state}`);
    const late = [...this.around.programs(machineId)].find((other) => this.jobOf(other) === program.job);
    if (late) throw new Violation("released at the end", `${program.task} starts on ${machineId} beside ${late.task}`);
    return { exitCode: program.exitCodes[0] ?? 0 };
  }

  ended(machineId: string, program: SimProgram, exitCode?: number): void {
    const place = this.placeOf(program.job ?? "", machineId);
    place.running = undefined;
    if (exitCode === undefined) return;
    if (program.kind === "release") place.released = true;
    else if (exitCode === 0) place.succeeded = true;
    else place.bad++;
  }

  /** A task starts: its job must be prepared there, where it waits for that. */
  taskStarted(machineId: string, program: SimProgram): void {
    const jobId = this.jobOf(program);
    if (this.jobs.get(jobId)?.spec.jobPreparationTask?.waitForSuccess !== true) return;
    if (!this.places.get(jobId)?.get(machineId)?.succeeded)
      throw new Violation("prepared first", `${program.task} starts on ${machineId}, which is not prepared for it`);
  }

  /** The machine's agent starts anew. */
  booted(machineId: string): void {
    for (const [jobId, machines] of this.places) {
      const place = machines.get(machineId);
      if (place && this.jobs.get(jobId)?.spec.jobPreparationTask?.rerunOnNodeRebootAfterSuccess) place.succeeded = false;
    }
  }

  /** The machine's disk was emptied. */
  emptied(machineId: string): void {
    for (const machines of this.places.values()) machines.delete(machineId);
  }

  /** The machine was told to rest: who is not there when a job ends does not release it later. */
  rested(machineIds: readonly string[]): void {
    for (const id of machineIds) this.absent.add(id);
  }

  /** To be told of every write. */
  wrote(before: Item | undefined, after: Item | undefined): void {
    const item = after ?? before;
    if (!item?.sk.startsWith("job#")) return;
    const job = fromItem<Job>(item);
    const over = after === undefined || (before?.state === "terminating" && after.state === "completed");
    const now = this.around.now();
    const inTime = now - ((before && fromItem<Job>(before).releasing?.since) ?? now) < LONGEST_MS;
    if (over && inTime && job.spec.jobReleaseTask && before?.state !== "completed") this.checkReleased(job);
    this.jobs.set(job.id, job);
  }

  /** Whether no node of its pool could be prepared for the job, so that its tasks wait for ever. */
  isStuck(job: Job): boolean {
    if (!job.spec.jobPreparationTask?.waitForSuccess) return false;
    // Where its manager may not go, no task behind it goes either.
    const anywhere = job.spec.jobManagerTask?.allowLowPriorityNode !== false;
    const ofPool = this.nodes().filter((node) => node.poolId.toLowerCase() === poolOf(job).toLowerCase());
    const nodes = ofPool.filter((node) => anywhere || node.dedicated);
    const { maxTaskRetryCount = 0 } = job.spec.jobPreparationTask.constraints;
    return nodes.every(({ machineId }) => {
      const place = this.places.get(job.id)?.get(machineId);
      return place !== undefined && !place.succeeded && place.bad > maxTaskRetryCount;
    });
  }

  /** Whether some node could not be prepared for the job: then it leaves its place there to others. */
  hasFailed(jobId: string): boolean {
    return [...(this.places.get(jobId)?.values() ?? [])].some(({ bad }) => bad > 0);
  }

  /** A job is over: every node where it was prepared, and that is there to be told, has released it. */
  private checkReleased(job: Job): void {
    const nodes = new Map(this.nodes().map((node) => [node.machineId, node]));
    for (const [machineId, place] of this.places.get(job.id) ?? []) {
      const state = nodes.get(machineId)?.state;
      const there =
        state !== undefined && !["leavingpool", "deallocating", "deallocated"].includes(state) && this.around.isAlive(machineId);
      if (there && !this.absent.has(machineId) && !place.released)
        throw new Violation("released", `job ${job.id} is over, and ${machineId} (${state}) has not released it`);
    }
  }

  private nodes(): Node[] {
    return this.around
      .items()
      .filter(({ pk, sk }) => pk.startsWith("pool#") && sk.startsWith("node#"))
      .map((item) => fromItem<Node>(item));
  }

  /** The job of a task's program, by its name: `uid/task`, or `manager of job`. */
  private jobOf({ task, job }: SimProgram): string {
    if (job !== undefined) return job;
    const [uid = ""] = task.split("/");
    const own = [...this.jobs.values()].find((one) => one.uid === uid);
    return own?.id ?? task.replace(/^manager of /, "");
  }

  private placeOf(jobId: string, machineId: string): Place {
    const machines = this.places.get(jobId) ?? new Map<string, Place>();
    this.places.set(jobId, machines);
    const place = machines.get(machineId) ?? { succeeded: false, bad: 0, released: false, running: undefined };
    machines.set(machineId, place);
    return place;
  }
}

/** From 0 to 1, the same for the same text. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
