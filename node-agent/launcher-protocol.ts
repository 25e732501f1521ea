import type { CommandUsage } from "../core/domain/task-measures.ts";

/** What agent and launcher say to each other, one JSON line each. `id` is the agent's own number for a process. */
export interface Command {
  /** An absolute path. */
  readonly file: string;
  /** With the program's own name first, as the user wrote it. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly stderr: string;
  /** What it leaves running goes on when it has ended, until it is told to end too. */
  readonly lingers?: true;
}

export type ToLauncher =
  | { readonly kind: "start"; readonly id: number; readonly command: Command }
  /** Ends the whole group at once. One that has ended is no error. */
  | { readonly kind: "kill"; readonly id: number }
  /** Ends what a command that lingers has left running. */
  | { readonly kind: "end-left"; readonly id: number };

export type FromLauncher =
  | { readonly kind: "started"; readonly id: number; readonly pid: number }
  /** Did not start: `code` as in `ENOENT`. */
  | { readonly kind: "failed"; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: "left-ended"; readonly id: number }
  /** `exitCode` as a shell gives it: 128 and the signal's number where a signal ended it. */
  | { readonly kind: "exited"; readonly id: number; readonly exitCode: number; readonly usage?: CommandUsage };

/** Room for the longest command line and environment that a system takes. */
export const MAX_LAUNCHER_LINE = 4 * 1024 * 1024;
