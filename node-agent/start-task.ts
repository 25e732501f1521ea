import type { ContainerRegistry, StartTask } from "../core/domain/specs.ts";
import type { StartTaskReport } from "../core/protocol/messages.ts";
import { CommandRun } from "./command-run.ts";
import type { NodeDisk } from "./directories.ts";
import { type Environment, startTaskEnvironment } from "./environment.ts";
import type { Processes } from "./process.ts";
import type { Time } from "./time.ts";
import { Tries } from "./tries.ts";

export interface StartTaskWorld {
  readonly disk: NodeDisk;
  readonly time: Time;
  readonly environment: Environment;
  readonly processes: Processes;
  readonly registries?: readonly ContainerRegistry[];
}

/** Runs a pool's start task on this node, again while it fails and has tries left. */
export class StartTaskRun {
  private readonly tries: Tries;

  constructor(task: StartTask, world: StartTaskWorld) {
    const command = {
      commandLine: task.commandLine,
      prepareDirectory: () => world.disk.prepareStartTask(),
      environment: (directories: Parameters<typeof startTaskEnvironment>[2]) =>
        startTaskEnvironment(world.environment, task.environmentSettings, directories),
      resourceFiles: task.resourceFiles,
      maxWallClockMs: undefined,
    };
    let tries = 0;
    const begin = () => new CommandRun({ ...command, container: container(++tries) }, world);
    const container = (number: number) =>
      task.containerSettings && {
        settings: task.containerSettings,
        name: `shoal-start-${world.environment.AZ_BATCH_NODE_ID}-${world.time.now()}-${number}`,
      };
    this.tries = new Tries(task.maxTaskRetryCount, begin, world.time);
  }

  /** Reports `running` with each try, and `completed` once, unless it was stopped. Resolves to whether it succeeded. */
  async run(report: (info: StartTaskReport) => void): Promise<boolean> {
    const end = await this.tries.run(report);
    if (end.stopped) return false;
    report(end.report);
    return end.succeeded;
  }

  stop(): void {
    this.tries.stop();
  }
}
