import type { JobRef, TaskRef } from "../core/domain/refs.ts";
import type { Member } from "../core/domain/subtask.ts";
import type { Attempt, NodeEvent, NodeFacts, NodeLoad, TaskOrder } from "../core/protocol/messages.ts";
import type { Disband } from "../core/protocol/multi-instance.ts";
import { Admission } from "./admission.ts";
import { endedByUser, preparationFailure } from "./failures.ts";
import type { JobCommands } from "./job-commands.ts";
import { attemptKey, Leases } from "./leases.ts";
import { type Log, messageOf } from "./log.ts";
import { TaskHistory } from "./task-history.ts";
import { type AttemptOutcome, type StopHow, TaskRun, type TaskWorld } from "./task-runner.ts";
import { isoNow, type Time } from "./time.ts";

const REMEMBERED_STOPS = 1_000;

interface Held {
  readonly key: string;
  readonly order: TaskOrder;
  /** Absent while it waits for slots, and then, in its slots, for its job to be prepared. */
  run?: TaskRun;
  admitted?: true;
}
type ReturnedWhy = Extract<NodeEvent, { kind: "task-returned" }>["why"];
type Settlement = AttemptOutcome | { readonly kind: "returned"; readonly why: ReturnedWhy };

/**
 * The tasks that a node holds. Each attempt that arrives is reported exactly once, as finished or returned (not at all if it is to be
 * forgotten), then its lease as done; messages that come twice or in the wrong order change nothing of that.
 */
export class Workload {
  private readonly leases = new Leases();
  private readonly held = new Map<string, Held>();
  /** Stops that overtook the task that they are about. */
  private readonly earlyStops = new Map<string, StopHow>();
  private admission = new Admission<Held>(0);
  private world: TaskWorld | undefined;
  private closedBecause: "restarted" | "leaving" | "terminate" | undefined = "restarted";
  private impatience = false;
  readonly history = new TaskHistory();

  constructor(
    private readonly report: (event: NodeEvent) => void,
    /** Called whenever the last task that was held is gone. */
    private readonly onIdle: () => void,
    private readonly jobs: Pick<JobCommands, "before" | "taskGone" | "load">,
    private readonly time: Time,
    private readonly log: Log,
  ) {}

  /** Takes tasks from now on. Those that came before are given back: they were meant for an agent that was here earlier. */
  open(world: TaskWorld, slots: number): void {
    this.world = world;
    this.admission = new Admission(slots);
    this.closedBecause = undefined;
  }

  /** Takes tasks again, after {@link close}. */
  reopen(): void {
    this.closedBecause = undefined;
    this.startNext();
  }

  /** Takes no task any more: those that come are given back, or ended. */
  close(because: "leaving" | "restarted" | "terminate"): void {
    this.closedBecause = because;
  }

  /** Starts what the slots allow, in order, and keeps the rest for a moment. `stale`: it was meant for an earlier start of the agent, and goes back. */
  arrive(lease: string, orders: readonly TaskOrder[], stale: boolean): void {
    const { fresh, done } = this.leases.arrived(lease, orders);
    if (done) this.report({ kind: "lease-done", lease });
    const now = this.time.elapsed();
    for (const order of fresh) {
      const held: Held = { key: attemptKey(order), order };
      const name = attemptKey({ task: order.task, attempt: order.attempt });
      const stop = this.earlyStops.get(name) ?? (stale ? "restarted" : this.closedBecause);
      this.earlyStops.delete(name);
      this.held.set(held.key, held);
      if (stop !== undefined) this.settle(held, this.unstarted(stop));
      else this.admission.add(held, order.slots, now);
    }
    this.startNext();
  }

  /** Every instance of a multi-instance task, whose primary is here, has coordinated. */
  begin(attempt: Attempt): void {
    this.find(attempt)?.run?.begin();
  }

  /** The attempt is over of which an instance is, or was to be, here: it ends, or never begins, and is reported in any case. */
  disband({ lease, ...attempt }: Omit<Disband, "kind">): void {
    const key = attemptKey(attempt);
    const held = this.held.get(key);
    if (held !== undefined) this.stopHeld(held, "disband");
    else {
      this.giveBack(attempt);
      this.report({ kind: "lease-done", lease });
    }
    this.startNext();
  }

  private giveBack({ task, attempt, member }: Attempt): void {
    this.leases.reported(attemptKey({ task, attempt, ...(member && { member }) }));
    this.report({ kind: "task-returned", task, attempt, ...(member && { member }), at: isoNow(this.time), why: "restarted" });
  }

  /** Gives back the attempts that never came, and takes them no more. */
  recall(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) {
      const key = attemptKey(attempt);
      if (!this.held.has(key) && !this.leases.isPast(key)) this.giveBack(attempt);
    }
  }

  stop(attempt: { readonly task: TaskRef; readonly attempt: number }, how: StopHow): void {
    const key = attemptKey(attempt);
    const held = this.find(attempt);
    if (held !== undefined) this.stopHeld(held, how);
    else if (!this.leases.isPast(key)) this.rememberStop(key, how);
    this.startNext();
  }

  stopAll(how: StopHow): void {
    for (const held of [...this.held.values()]) this.stopHeld(held, how);
  }

  /** Gives back what only waits for a slot, or for its job to be prepared. */
  returnWaiting(why: ReturnedWhy): void {
    for (const held of this.admission.withdraw(() => true)) this.settle(held, { kind: "returned", why });
    for (const held of [...this.held.values()]) {
      if (held.run !== undefined) continue;
      this.admission.withdrawAdmitted(held.order.slots);
      this.settle(held, { kind: "returned", why });
    }
  }

  get size(): number {
    return this.held.size;
  }

  heldLeases(): string[] {
    return this.leases.held();
  }

  holdsTask(task: TaskRef): boolean {
    return this.some((order) => order.task.uid === task.uid && order.task.taskId === task.taskId);
  }

  holdsJob(job: JobRef): boolean {
    return this.some((order) => order.task.uid === job.uid);
  }

  load(): NodeLoad {
    const lease = this.leases.newest;
    return {
      want: this.closedBecause === undefined ? this.admission.want() : 0,
      busy: this.held.size,
      slotsInUse: this.admission.slotsInUse,
      ...(lease !== undefined && { lease }),
      ...this.jobs.load(),
    };
  }

  facts(): NodeFacts {
    return { ...this.history.facts(), slots: this.admission.slotsInUse };
  }

  /** What is held of an attempt, of whichever gang. */
  private find({ task, attempt }: Attempt): Held | undefined {
    const plain = this.held.get(attemptKey({ task, attempt }));
    if (plain !== undefined) return plain;
    for (const held of this.held.values())
      if (
        held.order.multi &&
        held.order.attempt === attempt &&
        attemptKey({ task, attempt }) === attemptKey({ task: held.order.task, attempt })
      )
        return held;
    return undefined;
  }

  private some(match: (order: TaskOrder) => boolean): boolean {
    for (const { order } of this.held.values()) if (match(order)) return true;
    return false;
  }

  private startNext(): void {
    for (let held = this.admission.admit(); held !== undefined; held = this.admission.admit()) this.start(held);
    this.watchPatience();
  }

  private start(held: Held): void {
    if (this.world === undefined) return;
    held.admitted = true;
    const prepared = this.jobs.before(held.order);
    if (prepared === undefined) this.run(held, this.world);
    else void prepared.then((isPrepared) => this.startPrepared(held, isPrepared));
  }

  private startPrepared(held: Held, isPrepared: boolean): void {
    // It may have been stopped while it waited.
    if (this.world === undefined || this.held.get(held.key) !== held) return;
    if (isPrepared) this.run(held, this.world);
    else {
      this.admission.withdrawAdmitted(held.order.slots);
      this.settle(held, { kind: "returned", why: "preparation-failed" });
      this.startNext();
    }
  }

  private run(held: Held, world: TaskWorld): void {
    const { order } = held;
    const { task, attempt } = order;
    const began = this.time.elapsed();
    const run = new TaskRun(order, world, () => this.report({ kind: "coordinated", task, attempt, member: memberOf(order) as Member }));
    held.run = run;
    this.history.started(order, isoNow(this.time));
    void run
      .run((at) => {
        // The start of a multi-instance task is its primary's.
        if (!order.multi?.instance) this.report({ kind: "task-started", task, attempt, at, ...(order.preparing && { prepared: true }) });
      })
      // The run guards against all that it expects; a bug or a broken disk must still free the slots and be told.
      .catch((error: unknown): AttemptOutcome => {
        this.log("error", "task-run", { taskId: task.taskId, error: messageOf(error) });
        const at = isoNow(this.time);
        return { kind: "finished", end: { startTime: at, endTime: at, failure: preparationFailure(error), beforeCommand: true } };
      })
      .then((outcome) => {
        this.admission.release(order.slots, this.time.elapsed() - began);
        this.history.ended(order, outcome.kind === "finished" ? outcome.end : undefined);
        this.settle(held, outcome);
        this.startNext();
      });
  }

  private stopHeld(held: Held, how: StopHow): void {
    if (held.run !== undefined) held.run.stop(how);
    else {
      if (held.admitted) this.admission.withdrawAdmitted(held.order.slots);
      else this.admission.withdraw((waiting) => waiting === held);
      this.settle(held, this.unstarted(how));
    }
  }

  private settle(held: Held, outcome: Settlement): void {
    const { task, attempt } = held.order;
    const member = memberOf(held.order);
    const about = { task, attempt, ...(member && { member }) };
    this.held.delete(held.key);
    if (outcome.kind === "finished") this.report({ kind: "task-finished", ...about, end: outcome.end });
    else if (outcome.kind === "returned") this.report({ kind: "task-returned", ...about, at: isoNow(this.time), why: outcome.why });

    for (const lease of this.leases.reported(held.key)) this.report({ kind: "lease-done", lease });
    this.jobs.taskGone(task);
    if (this.held.size === 0) this.onIdle();
  }

  private rememberStop(key: string, how: StopHow): void {
    this.earlyStops.set(key, how);
    if (this.earlyStops.size <= REMEMBERED_STOPS) return;
    for (const oldest of this.earlyStops.keys()) {
      this.earlyStops.delete(oldest);
      return;
    }
  }

  /** One timer, for the task that has waited longest. */
  private watchPatience(): void {
    const due = this.admission.nextImpatience();
    if (due === undefined || this.impatience) return;
    this.impatience = true;
    this.time.after(Math.max(0, due - this.time.elapsed()), () => {
      this.impatience = false;
      for (const held of this.admission.impatient(this.time.elapsed())) this.settle(held, { kind: "returned", why: "no-slot" });
      this.startNext();
    });
  }

  /** What becomes of an attempt that is stopped before it began. */
  private unstarted(how: StopHow | "restarted"): Settlement {
    if (how === "forget") return { kind: "forgotten" };
    if (how === "disband") return { kind: "returned", why: "restarted" };
    if (how !== "terminate") return { kind: "returned", why: how };
    const at = isoNow(this.time);
    return { kind: "finished", end: { startTime: at, endTime: at, failure: endedByUser(), beforeCommand: true } };
  }
}

/** Of a multi-instance task. */
function memberOf({ multi }: TaskOrder): Member | undefined {
  return multi && { gang: multi.gang, instance: multi.instance };
}
