import { devNull } from "node:os";
import type { ContainerRegistry, ContainerSettings, OutputFile, ResourceFile } from "../core/domain/specs.ts";
import type { TaskEnd } from "../core/protocol/messages.ts";
import { CommandLineError, splitCommandLine } from "./command-line.ts";
import { type Contained, contain, ENGINE_FAILED } from "./container.ts";
import type { NodeDisk, TaskDirectories } from "./directories.ts";
import type { Environment } from "./environment.ts";
import {
  endedByAge,
  endedByUser,
  endedByWallClock,
  engineFailed,
  exitCodeFailure,
  imageNotFetched,
  launchFailed,
  preparationFailure,
  startFailure,
  TaskFailure,
} from "./failures.ts";
import { fetchImage, type ImageToFetch } from "./fetch-image.ts";
import { uploadOutputs } from "./output-files.ts";
import type { Processes, RunningProcess } from "./process.ts";
import { fetchResourceFiles } from "./resource-files.ts";
import { isoNow, type Time } from "./time.ts";

/** One try of a command: of a task, or of the start task. */
export interface CommandSpec {
  /** Where there is none, nothing is run once the files are there. */
  readonly commandLine: string | undefined;
  readonly prepareDirectory: () => TaskDirectories | Promise<TaskDirectories>;
  readonly environment: (directories: TaskDirectories) => Environment;
  readonly resourceFiles: readonly ResourceFile[] | undefined;
  /** Files that go into the directory itself, not into the working directory in it. */
  readonly commonFiles?: readonly ResourceFile[] | undefined;
  /** What the command leaves running goes on until it is ended by `endLeft`. */
  readonly lingers?: true;
  readonly outputFiles?: readonly OutputFile[] | undefined;
  readonly maxWallClockMs: number | undefined;
  /** The limit is the end of the task's life; 0 where that is over. */
  readonly endOfLife?: true | undefined;
  readonly container?: { readonly settings: ContainerSettings; readonly name: string } | undefined;
}

export interface CommandWorld {
  readonly disk: Pick<NodeDisk, "findProgram" | "root" | "shared" | "startup" | "mounts">;
  /** Of the pool. */
  readonly registries?: readonly ContainerRegistry[];
  readonly processes: Processes;
  readonly time: Time;
}

type CommandResult = Pick<TaskEnd, "exitCode" | "failure" | "usage">;
export type CommandEnd = { readonly kind: "ended"; readonly end: TaskEnd } | { readonly kind: "lost" };

/** Prepares a directory and its files, runs the command in it, and says how that ended. It may be stopped at any moment. */
export class CommandRun {
  readonly startedAt: string;
  private process: RunningProcess | undefined;
  private lingering: RunningProcess | undefined;
  private readonly aborter: AbortController | undefined;
  private uploading: AbortController | undefined;
  private endContainer: (() => void) | undefined;
  private stopped: "user" | "wall-clock" | undefined;
  private readonly spec: CommandSpec;
  private readonly world: CommandWorld;

  constructor(spec: CommandSpec, world: CommandWorld) {
    this.spec = spec;
    this.world = world;
    this.startedAt = isoNow(world.time);
    if ([...(spec.resourceFiles ?? []), ...(spec.commonFiles ?? [])].length > 0) this.aborter = new AbortController();
  }

  /** Call once. Never rejects. */
  async run(): Promise<CommandEnd> {
    const limit = this.spec.maxWallClockMs;
    const cancel = limit === undefined ? undefined : this.world.time.after(limit, () => this.stop("wall-clock"));
    if (limit === 0) this.stop("wall-clock");
    try {
      return await this.prepareAndRun();
    } catch (error) {
      return this.ended({ failure: this.stopFailure() ?? preparationFailure(error), beforeCommand: true });
    } finally {
      cancel?.();
    }
  }

  /** Ends it now. Called again, or after its end, it does nothing. */
  stop(why: "user" | "wall-clock"): void {
    if (this.stopped !== undefined) return;
    this.stopped = why;
    this.aborter?.abort();
    this.uploading?.abort();
    this.process?.kill();
    this.endContainer?.();
  }

  /** Of a command that lingers, when it has ended: ends what it left running. Never rejects. */
  async endLeft(): Promise<void> {
    await this.lingering?.endLeft?.();
  }

  private remove({ end }: Contained, command: { file: string; cwd: string; env: Environment }): void {
    this.world.processes.start({ ...command, argv: [...end], stdout: devNull, stderr: devNull });
  }

  private async fetch(image: ImageToFetch, command: Parameters<typeof fetchImage>[2]): Promise<boolean> {
    const fetched = await fetchImage(this.world.processes, image, command, (process) => {
      this.process = process;
      if (this.stopped !== undefined) process.kill();
    });
    return fetched && this.stopped === undefined;
  }

  private async prepareAndRun(): Promise<CommandEnd> {
    const { spec } = this;
    const made = spec.prepareDirectory();
    // An await costs a turn; nearly every task has its directory at once and no files.
    const directories = made instanceof Promise ? await made : made;
    if (this.aborter !== undefined) {
      await fetchResourceFiles(spec.commonFiles ?? [], directories.directory, this.aborter.signal);
      await fetchResourceFiles(spec.resourceFiles ?? [], directories.working, this.aborter.signal);
    }
    const stopped = this.stopFailure();
    if (stopped !== undefined) return this.ended({ failure: stopped, beforeCommand: true });
    if (spec.commandLine === undefined) return this.ended({ exitCode: 0 });
    const env = spec.environment(directories);
    const split = this.split(spec.commandLine);
    const program = split[0] ?? "";
    const contained =
      spec.container && contain(this.world.disk, { ...spec.container, argv: split, env, directories, registries: this.world.registries });
    const file = contained?.file ?? this.world.disk.findProgram(program, env, directories.working);
    const argv = contained ? [...contained.argv] : split;
    const { stdout, stderr, working: cwd } = directories;
    if (contained?.fetch && !(await this.fetch(contained.fetch, { file, cwd, env, stderr })))
      return this.ended({ failure: this.stopFailure() ?? imageNotFetched(contained.fetch.image), beforeCommand: true });
    this.process = this.world.processes.start({ file, argv, cwd, env, stdout, stderr, ...(spec.lingers && { lingers: true }) });
    if (spec.lingers) this.lingering = this.process;
    // An engine's client that is killed leaves its container running.
    if (contained) this.endContainer = () => this.remove(contained, { file, cwd, env });
    const end = await this.process.ended;
    if (end.kind === "lost") {
      const failure = this.stopFailure();
      return failure === undefined ? end : this.ended({ failure });
    }
    if (contained && end.kind === "exited" && end.exitCode === ENGINE_FAILED && this.stopped === undefined)
      return this.ended({ failure: engineFailed(spec.container?.settings.imageName ?? ""), beforeCommand: true });
    if (end.kind === "failed") return this.ended({ failure: startFailure(end.code, end.message, program), beforeCommand: true });
    this.process = undefined;
    const result = { ...this.afterExit(end.exitCode), ...(end.usage && { usage: end.usage }) };
    return this.ended(await this.upload(result, directories, env));
  }

  /** Outputs of a task that a user ended are not wanted. What the command itself failed by outweighs what its uploads did. */
  private async upload(end: CommandResult, { working }: TaskDirectories, environment: Environment): Promise<CommandResult> {
    const { outputFiles: files } = this.spec;
    if (files === undefined || this.stopped === "user") return end;
    this.uploading = new AbortController();
    const succeeded = end.failure === undefined;
    const outputs = { files, working, root: this.world.disk.root, environment, succeeded };
    const failure = await uploadOutputs(outputs, this.uploading.signal).catch(
      (error: unknown) => this.stopFailure() ?? preparationFailure(error),
    );
    return failure !== undefined && succeeded ? { ...end, failure } : end;
  }

  private split(commandLine: string): string[] {
    try {
      return splitCommandLine(commandLine, process.platform === "win32" ? "windows" : "posix");
    } catch (error) {
      if (error instanceof CommandLineError) throw new TaskFailure(launchFailed(error.message));
      throw error;
    }
  }

  /** The exit code of a command that was ended is the system's own (137 after SIGKILL), as the newer API versions give it. */
  private afterExit(exitCode: number): CommandResult {
    const failure = this.stopFailure() ?? (exitCode === 0 ? undefined : exitCodeFailure(exitCode));
    return failure === undefined ? { exitCode } : { exitCode, failure };
  }

  private stopFailure() {
    if (this.stopped === undefined) return undefined;
    if (this.stopped === "user") return endedByUser();
    return this.spec.endOfLife ? endedByAge() : endedByWallClock(this.spec.maxWallClockMs ?? 0);
  }

  private ended(rest: Omit<TaskEnd, "startTime" | "endTime">): CommandEnd {
    return { kind: "ended", end: { startTime: this.startedAt, endTime: isoNow(this.world.time), ...rest } };
  }
}
