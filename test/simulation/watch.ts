/** What must hold all along: watched at every write to a task, and at every start and end of a process. */
import { fromItem } from "../../core/domain/items.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Item, Write } from "../../core/ports/store.ts";
import { DependencyBook } from "./dependencies.ts";
import { GangBook } from "./gangs.ts";
import { watchedName } from "./managers.ts";
import { ParallelBook } from "./parallel.ts";
import { PreparationBook, type Surroundings } from "./preparations.ts";
import { ScheduleBook } from "./schedule-book.ts";
import type { ProcessWatch, SimProgram } from "./sim-machine.ts";
import { StatsBook } from "./stats-book.ts";
import { Violation } from "./violation.ts";

interface Runs {
  /** Machines on which the task runs now. */
  readonly live: string[];
  /** Runs that ended by themselves, by whether they failed. */
  good: number;
  bad: number;
}

export interface SlotBook {
  slotsOf(machineId: string): number;
}

export class Watch implements Pick<ProcessWatch, "started" | "ended" | "left"> {
  private readonly runs = new Map<string, Runs>();
  private readonly busySlots = new Map<string, number>();
  /** What runs on which machine. */
  private readonly programs = new Map<string, Set<SimProgram>>();
  readonly dependencies = new DependencyBook();
  readonly stats = new StatsBook();
  readonly gangs = new GangBook();
  readonly preparations: PreparationBook;
  private readonly schedules = new ScheduleBook();

  private readonly parallel: ParallelBook;

  constructor(
    private readonly slots: SlotBook,
    exact: () => boolean,
    private readonly around: Omit<Surroundings, "programs">,
  ) {
    this.parallel = new ParallelBook(exact);
    this.preparations = new PreparationBook({ ...around, programs: (machineId) => this.programs.get(machineId) ?? [] });
  }

  started(machineId: string, program: SimProgram): { exitCode: number } {
    if (program.kind !== undefined) return this.preparations.started(machineId, program);
    this.preparations.taskStarted(machineId, program);
    if (program.gang?.part === "coordination") {
      this.occupy(machineId, program);
      return this.gangs.coordinates(machineId, program);
    }
    if (program.gang) this.gangs.begins(machineId, program);
    const runs = this.of(program.task);
    if (runs.live.length > 0) {
      throw new Violation("one live attempt", `${program.task} starts on ${machineId} while it runs on ${runs.live.join(", ")}`);
    }
    runs.live.push(machineId);
    this.occupy(machineId, program);
    const programs = this.programs.get(machineId) ?? new Set();
    this.programs.set(machineId, programs.add(program));
    const alone = [...programs].find(({ exclusive }) => exclusive);
    if (alone && programs.size > 1) throw new Violation("exclusive", `${machineId} runs ${alone.task}, and ${programs.size - 1} beside it`);
    const run = runs.good + runs.bad;
    return { exitCode: program.exitCodes[Math.min(run, program.exitCodes.length - 1)] ?? 0 };
  }

  private occupy(machineId: string, program: SimProgram): void {
    const busy = (this.busySlots.get(machineId) ?? 0) + program.slots;
    this.busySlots.set(machineId, busy);
    if (busy > this.slots.slotsOf(machineId)) throw new Violation("slots", `${machineId} runs tasks of ${busy} slots`);
  }

  ended(machineId: string, program: SimProgram, exitCode?: number): void {
    if (program.kind !== undefined) {
      this.preparations.ended(machineId, program, exitCode);
      return;
    }
    const runs = this.of(program.task);
    if (program.gang?.part === "coordination") {
      this.gangs.coordinated(machineId, program, exitCode);
      if (exitCode !== undefined && exitCode !== 0) runs.bad++;
      if (exitCode !== 0) this.free(machineId, program);
      return;
    }
    runs.live.splice(runs.live.indexOf(machineId), 1);
    this.programs.get(machineId)?.delete(program);
    this.free(machineId, program);
    if (exitCode === 0) runs.good++;
    else if (exitCode !== undefined) runs.bad++;
  }

  private free(machineId: string, program: SimProgram): void {
    this.busySlots.set(machineId, (this.busySlots.get(machineId) ?? 0) - program.slots);
  }

  left(machineId: string, program: SimProgram): void {
    this.gangs.left(machineId, program);
    this.free(machineId, program);
  }

  booted(machineId: string): void {
    this.preparations.booted(machineId);
  }

  emptied(machineId: string): void {
    this.preparations.emptied(machineId);
  }

  /** To be told of every write that took effect. */
  wrote(before: Item | undefined, after: Item | undefined, _write: Write): void {
    this.parallel.wrote(before, after);
    this.stats.wrote(before, after);
    this.preparations.wrote(before, after);
    this.schedules.wrote(before, after);
    if (!(after ?? before)?.pk.startsWith("task#")) return;
    const old = before && fromItem<Task>(before);
    const now = after && fromItem<Task>(after);
    if (!now) return;
    const name = watchedName(now);
    const step = `${old?.state ?? "nothing"}/${old?.attempt ?? 0} -> ${now.state}/${now.attempt}`;
    this.dependencies.wrote(old, now);
    this.gangs.wrote(old, now, this.around.items);
    if (!legal(old, now)) throw new Violation("legal transition", `${name}: ${step}`);
    const runs = this.of(name);
    if (now.retryCount > runs.bad)
      throw new Violation("retry count", `${name}: ${now.retryCount} retries, but ${runs.bad} runs failed (${step})`);
    if (now.state === "completed" && old?.state === "running") this.checkResult(name, now, runs, old.stop !== undefined);
  }

  /** `stopped`: its user wanted it stopped; then it is not tried again, whatever its exit code. */
  private checkResult(name: string, task: Task, runs: Runs, stopped: boolean): void {
    if (task.result === "success" && runs.good === 0) throw new Violation("true result", `${name} succeeded, but no run of it did`);
    const own = task.exitCode !== undefined && task.failure?.code !== "TaskEnded";
    const limit = task.spec.constraints?.maxTaskRetryCount ?? 0;
    if (task.result === "failure" && own && !stopped && task.retryCount < limit) {
      throw new Violation("retry count", `${name} failed for good after ${task.retryCount} of ${limit} retries`);
    }
  }

  private of(task: string): Runs {
    let runs = this.runs.get(task);
    if (!runs) {
      runs = { live: [], good: 0, bad: 0 };
      this.runs.set(task, runs);
    }
    return runs;
  }
}

function legal(old: Task | undefined, now: Task): boolean {
  if (!old) return now.state === "active" && now.attempt === 0;
  if (old.state === now.state) return old.attempt === now.attempt;
  switch (`${old.state}>${now.state}`) {
    case "active>running":
      return now.attempt === old.attempt + 1;
    case "running>completed":
    case "running>active":
    case "active>completed":
    case "completed>active":
      return now.attempt === old.attempt;
    default:
      return false;
  }
}
