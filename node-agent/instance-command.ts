import type { InstanceOrder } from "../core/protocol/multi-instance.ts";
import { type CommandEnd, CommandRun, type CommandSpec, type CommandWorld } from "./command-run.ts";
import type { TaskDirectories } from "./directories.ts";
import { isoNow, type Time } from "./time.ts";

/** A primary that waits says so as often: the word that it may begin may have been lost. */
const SAY_AGAIN_MS = 15_000;

/**
 * One instance of a multi-instance task. First its files come and the coordination command runs, and what that leaves running goes on; then the primary
 * waits until all have come so far and runs the task's own command, and the others wait for its end. With the instance all ends that it left running.
 */
export class InstanceCommand {
  readonly startedAt: string;
  private readonly coordination: CommandRun;
  private readonly startedMs: number;
  private directories: TaskDirectories | undefined;
  private own: CommandRun | undefined;
  private stopped: "user" | "wall-clock" | undefined;
  private mayBegin = false;
  private goOn: () => void = () => {};

  constructor(
    private readonly multi: InstanceOrder,
    /** What the task's own command is run as; its directory and its files are the instance's. */
    private readonly spec: CommandSpec,
    private readonly world: CommandWorld & { readonly time: Time },
    private readonly sayCoordinated: () => void,
  ) {
    this.startedMs = world.time.elapsed();
    this.coordination = new CommandRun(
      {
        ...spec,
        commandLine: multi.coordinationCommandLine,
        prepareDirectory: () => this.prepare(),
        commonFiles: multi.commonResourceFiles,
        outputFiles: undefined,
        lingers: true,
      },
      world,
    );
    this.startedAt = this.coordination.startedAt;
  }

  /** Call once. Never rejects. */
  async run(): Promise<CommandEnd> {
    try {
      const coordinated = await this.coordination.run();
      if (coordinated.kind === "lost" || coordinated.end.failure !== undefined) return coordinated;
      if (this.stopped === undefined) await this.wait();
      if (this.multi.instance > 0) return { kind: "ended", end: { ...coordinated.end, endTime: isoNow(this.world.time) } };
      return await this.runOwn();
    } finally {
      await this.coordination.endLeft();
    }
  }

  /** Every instance has coordinated. */
  begin(): void {
    this.mayBegin = true;
    if (this.multi.instance === 0) this.goOn();
  }

  /** Ends it now. Called again, or after its end, it does nothing. */
  stop(why: "user" | "wall-clock"): void {
    if (this.stopped !== undefined) return;
    this.stopped = why;
    this.coordination.stop(why);
    this.own?.stop(why);
    this.goOn();
  }

  /** The primary for the others, the others for their end. */
  private async wait(): Promise<void> {
    const { time } = this.world;
    const cancels = [() => {}];
    const say = () => {
      this.sayCoordinated();
      if (this.multi.instance === 0) cancels[0] = time.after(SAY_AGAIN_MS, say);
    };
    const isPrimary = this.multi.instance === 0;
    if (isPrimary && this.spec.maxWallClockMs !== undefined)
      cancels.push(time.after(this.leftMs(this.spec.maxWallClockMs), () => this.stop("wall-clock")));
    await new Promise<void>((resolve) => {
      this.goOn = resolve;
      say();
      if (isPrimary && this.mayBegin) resolve();
    });
    for (const cancel of cancels) cancel();
  }

  private async runOwn(): Promise<CommandEnd> {
    const { spec } = this;
    const made = this.directories as TaskDirectories;
    const limit = spec.maxWallClockMs === undefined ? undefined : this.leftMs(spec.maxWallClockMs);
    this.own = new CommandRun({ ...spec, prepareDirectory: () => made, resourceFiles: undefined, maxWallClockMs: limit }, this.world);
    if (this.stopped !== undefined) this.own.stop(this.stopped);
    const result = await this.own.run();
    return result.kind === "lost" ? result : { kind: "ended", end: { ...result.end, startTime: this.startedAt } };
  }

  private leftMs(limit: number): number {
    return Math.max(0, this.startedMs + limit - this.world.time.elapsed());
  }

  /** The primary's own command has `stdout.txt` and `stderr.txt` to itself. */
  private async prepare(): Promise<TaskDirectories> {
    const made = await this.spec.prepareDirectory();
    this.directories = made;
    if (this.multi.instance > 0) return made;
    const { directory } = made;
    return { ...made, stdout: `${directory}/coordination-stdout.txt`, stderr: `${directory}/coordination-stderr.txt` };
  }
}
