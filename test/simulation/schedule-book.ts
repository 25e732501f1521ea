/** What must hold of job schedules all along: watched at every write to a schedule and to its jobs. */
import { durationMs } from "../../core/domain/duration.ts";
import { fromItem } from "../../core/domain/items.ts";
import type { Job } from "../../core/domain/job.ts";
import type { Schedule } from "../../core/domain/schedule.ts";
import type { Item } from "../../core/ports/store.ts";
import { Violation } from "./violation.ts";

export class ScheduleBook {
  /** Of each schedule, the jobs that have not ended. */
  private readonly live = new Map<string, Set<string>>();
  /** Jobs that were ever there, by name and schedule: a run has one. */
  private readonly made = new Set<string>();

  /** Schedules whose times have changed since their newest run. */
  private readonly changed = new Set<string>();

  /** To be told of every write that took effect. */
  wrote(before: Item | undefined, after: Item | undefined): void {
    const { sk = "" } = after ?? before ?? {};
    if (sk.startsWith("job#")) this.wroteJob(before, after);
    else if (sk.startsWith("schedule#") && before && after) this.wroteSchedule(fromItem<Schedule>(before), fromItem<Schedule>(after));
  }

  private wroteSchedule(before: Schedule, after: Schedule): void {
    const { uid } = after;
    if (JSON.stringify(before.spec.schedule) !== JSON.stringify(after.spec.schedule)) this.changed.add(uid);
    if (before.uid !== uid || before.runs === after.runs) return;
    checkRun(before, after);
    if (before.lastDue !== undefined && !this.changed.has(uid)) checkBeat(before.lastDue, after);
    this.changed.delete(uid);
  }

  private wroteJob(before: Item | undefined, after: Item | undefined): void {
    const { schedule, uid, id } = fromItem<Job>(after ?? (before as Item));
    if (!schedule) return;
    const live = this.live.get(schedule.uid) ?? new Set();
    this.live.set(schedule.uid, live);
    if (!before) {
      const name = `${schedule.uid}/${id}`;
      if (this.made.has(name)) throw new Violation("one job a run", `${id} is made a second time`);
      this.made.add(name);
      if (live.size > 0) throw new Violation("one active job", `${id} starts while ${[...live].join(", ")} has not ended`);
    }
    if (after && after.state !== "completed") live.add(uid);
    else live.delete(uid);
  }
}

function checkRun(before: Schedule, after: Schedule): void {
  if (after.runs !== before.runs + 1) throw new Violation("one run after the other", `${after.id}: ${before.runs} -> ${after.runs}`);
  if (before.state !== "active") throw new Violation("no run without an active schedule", `${after.id} is ${before.state}`);
}

/** A run comes at least an interval after the one before, and in its rhythm. */
function checkBeat(lastDue: number, after: Schedule): void {
  const beats = ((after.lastDue ?? 0) - lastDue) / durationMs(after.spec.schedule.recurrenceInterval);
  if (beats < 1 || !Number.isInteger(beats)) throw new Violation("on the beat", `${after.id}: due ${beats} intervals after the run before`);
}
