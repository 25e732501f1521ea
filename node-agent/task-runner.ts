import type { ContainerRegistry } from "../core/domain/specs.ts";
import type { TaskEnd, TaskOrder } from "../core/protocol/messages.ts";
import { CommandRun } from "./command-run.ts";
import type { NodeDisk, TaskDirectories } from "./directories.ts";
import { type Environment, taskEnvironment } from "./environment.ts";
import { InstanceCommand } from "./instance-command.ts";
import type { Processes } from "./process.ts";
import type { Retention } from "./retention.ts";
import type { Time } from "./time.ts";

/** What became of an attempt. `forgotten`: nobody wants to hear of it. */
export type AttemptOutcome =
  | { readonly kind: "finished"; readonly end: TaskEnd }
  | { readonly kind: "returned"; readonly why: "requeue" | "leaving" | "restarted" }
  | { readonly kind: "forgotten" };
export type StopHow = "requeue" | "leaving" | "restarted" | "terminate" | "disband" | "forget";

/** Shorter tasks are only reported when they end. */
const STARTED_AFTER_MS = 1_000;

export interface TaskWorld {
  readonly disk: NodeDisk;
  readonly time: Time;
  readonly environment: Environment;
  readonly processes: Processes;
  /** Of the pool. */
  readonly registries?: readonly ContainerRegistry[];
  readonly retention: Pick<Retention, "keep">;
}

/** One attempt of one task on this node. */
export class TaskRun {
  private readonly command: CommandRun | InstanceCommand;
  private stopHow: StopHow | undefined;

  constructor(
    readonly order: TaskOrder,
    private readonly world: TaskWorld,
    /** Of an instance of a multi-instance task: its coordination command has ended well. May be called again. */
    sayCoordinated: () => void = () => {},
  ) {
    const spec = {
      commandLine: order.commandLine,
      prepareDirectory: () => world.disk.prepareTask(order.task),
      environment: (directories: TaskDirectories) =>
        taskEnvironment(world.environment, order, directories, preparationOf(order, world.disk)),
      resourceFiles: order.resourceFiles,
      outputFiles: order.outputFiles,
      container: order.container && { settings: order.container, name: `shoal-${order.task.uid}-${order.task.taskId}-${order.attempt}` },
      maxWallClockMs: order.maxWallClockMs,
      endOfLife: order.endOfLife,
    };
    const { multi } = order;
    this.command = multi ? new InstanceCommand(multi, spec, world, sayCoordinated) : new CommandRun(spec, world);
  }

  /** Call once. `onLong` is told the start time of a task that runs for longer than a second, or whose start must be told. Rejects only where a directory cannot be removed. */
  async run(onLong: (startTime: string) => void): Promise<AttemptOutcome> {
    const cancel = this.world.time.after(this.order.preparing ? 0 : STARTED_AFTER_MS, () => onLong(this.command.startedAt));
    const result = await this.command.run();
    cancel();
    return this.outcome(result.kind === "ended" ? result.end : undefined);
  }

  /** Every instance of a multi-instance task has coordinated. */
  begin(): void {
    if (this.command instanceof InstanceCommand) this.command.begin();
  }

  /** Ends it. A wish to forget overrules an earlier one; otherwise the first stands. */
  stop(how: StopHow): void {
    if (this.stopHow === undefined || how === "forget") this.stopHow = how;
    this.command.stop("user");
  }

  private async outcome(end: TaskEnd | undefined): Promise<AttemptOutcome> {
    const { order, world } = this;
    if (this.stopHow === "forget") {
      await world.disk.removeTask(order.task);
      return { kind: "forgotten" };
    }
    if (this.stopHow === "requeue" || this.stopHow === "leaving" || this.stopHow === "restarted")
      return { kind: "returned", why: this.stopHow };
    if (end === undefined) return { kind: "returned", why: "restarted" };
    world.retention.keep(order.task, order.retentionMs ?? Number.POSITIVE_INFINITY);
    return { kind: "finished", end };
  }
}

function preparationOf({ task, preparation }: TaskOrder, disk: NodeDisk): TaskDirectories | undefined {
  return preparation === undefined ? undefined : disk.ofTask({ ...task, taskId: preparation });
}
