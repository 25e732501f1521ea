import type { StartTaskReport } from "../core/protocol/messages.ts";
import type { CommandRun } from "./command-run.ts";
import type { Time } from "./time.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

export interface TriesEnd {
  readonly report: StartTaskReport;
  readonly succeeded: boolean;
  /** Ended from outside before it was through. */
  readonly stopped: boolean;
}

/** A command that is run again while it exits with a code other than 0 and has tries left. */
export class Tries {
  private command: CommandRun | undefined;
  private stopped = false;
  private wake: (() => void) | undefined;

  constructor(
    /** So often it is tried again; -1 for no limit. */
    private readonly again: number,
    private readonly begin: () => CommandRun,
    private readonly time: Time,
  ) {}

  /**
   * Call once. Tells of each try as it begins. Resolves with the end: after success, after the last try, after a failure that no other try can mend, or
   * after {@link stop}.
   */
  async run(onTry: (report: StartTaskReport) => void): Promise<TriesEnd> {
    for (let retryCount = 0; ; retryCount++) {
      const command = this.begin();
      this.command = command;
      // Stopped before it began: it ends at once, and says how.
      if (this.stopped) command.stop("user");
      const startTime = command.startedAt;
      const tries = { startTime, retryCount, ...(retryCount > 0 && { lastRetryTime: startTime }) };
      onTry({ state: "running", ...tries });
      const result = await command.run();
      // Its launcher died: that try does not count.
      if (result.kind === "lost") {
        retryCount--;
        continue;
      }
      const { failure, beforeCommand } = result.end;
      const over = failure === undefined || beforeCommand || failure.code === "TaskEnded" || retryCount === this.again;
      if (!over) await this.pause(Math.min(FIRST_PAUSE_MS * 2 ** retryCount, LONGEST_PAUSE_MS));
      if (over || this.stopped) {
        return { report: { ...result.end, state: "completed", ...tries }, succeeded: failure === undefined, stopped: this.stopped };
      }
    }
  }

  stop(): void {
    this.stopped = true;
    this.command?.stop("user");
    this.wake?.();
  }

  private pause(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.time.after(ms, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
