import type { StartTask } from "../core/domain/specs.ts";
import type { StartTaskReport } from "../core/protocol/messages.ts";
import { CommandRun } from "./command-run.ts";
import type { NodeDisk } from "./directories.ts";
import { type Environment, startTaskEnvironment } from "./environment.ts";
import type { Processes } from "./process.ts";
import type { Time } from "./time.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

export interface StartTaskWorld {
  readonly disk: NodeDisk;
  readonly time: Time;
  readonly environment: Environment;
  readonly processes: Processes;
}

/** Runs a pool's start task on this node, again while it fails and has tries left. */
export class StartTaskRun {
  private command: CommandRun | undefined;
  private stopped = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly task: StartTask,
    private readonly world: StartTaskWorld,
  ) {}

  /**
   * Reports `running` with each try, and `completed` once: after success, after the last try, or after a failure that no other try can mend.
   * Resolves to whether it succeeded.
   */
  async run(report: (info: StartTaskReport) => void): Promise<boolean> {
    for (let retryCount = 0; ; retryCount++) {
      const command = this.try();
      const startTime = command.startedAt;
      const tries = { startTime, retryCount, ...(retryCount > 0 && { lastRetryTime: startTime }) };
      report({ state: "running", ...tries });
      const result = await command.run();
      if (this.stopped) return false;
      // Its launcher died: that try does not count.
      if (result.kind === "lost") {
        retryCount--;
        continue;
      }
      const { maxTaskRetryCount } = this.task;
      const final = result.end.failure === undefined || result.end.beforeCommand || retryCount === maxTaskRetryCount;
      if (final) {
        report({ ...result.end, state: "completed", ...tries });
        return result.end.failure === undefined;
      }
      await this.pause(Math.min(FIRST_PAUSE_MS * 2 ** retryCount, LONGEST_PAUSE_MS));
      if (this.stopped) return false;
    }
  }

  stop(): void {
    this.stopped = true;
    this.command?.stop("user");
    this.wake?.();
  }

  private try(): CommandRun {
    const { task, world } = this;
    this.command = new CommandRun(
      {
        commandLine: task.commandLine,
        prepareDirectory: () => world.disk.prepareStartTask(),
        environment: (directories) => startTaskEnvironment(world.environment, task.environmentSettings, directories),
        resourceFiles: task.resourceFiles,
        maxWallClockMs: undefined,
      },
      world,
    );
    return this.command;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.world.time.after(ms, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
