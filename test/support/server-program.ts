import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { BatchServiceClient, BatchSharedKeyCredentials } from "@azure/batch";
import { DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY } from "../../local/options.ts";
import { programs } from "./server.ts";

/** `npm start`'s program as a process, which can be killed as one. */
export interface ServerProgram {
  readonly url: string;
  readonly pid: number;
  readonly client: BatchServiceClient;
  /** What it has written to stdout so far. */
  stdout(): string;
  stderr(): string;
  /** Reads no more of what it writes, as a pipe's reader that has ended. */
  hangUp(): void;
  /** Sends the signal and resolves, with the exit code, when the program is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HowToRun {
  readonly env?: NodeJS.ProcessEnv;
  readonly key?: string;
  /** What the command line begins with, such as a program that sets limits. */
  readonly under?: readonly string[];
}

/** Starts the program and resolves when it is ready for clients. Rejects with what it said when it ends before. */
export async function startProgram(args: readonly string[], how: HowToRun = {}): Promise<ServerProgram> {
  const { child, output, ended } = run(args, how);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", () => {
      const ready = /Shoal is ready: (\S+)/.exec(output.stdout)?.[1];
      if (ready) resolve(ready);
    });
    void ended.then(({ code, stderr }) => reject(new Error(`The server ended with code ${code} before it was ready: ${stderr}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    client: clientOf(url, how.key),
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    hangUp: () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    end: async (signal) => {
      child.kill(signal);
      return (await ended).code;
    },
  };
}

/** Runs the program to its end: for what must be refused. */
export function runProgram(args: readonly string[], how: HowToRun = {}): Promise<Ended> {
  return run(args, how).ended;
}

/** The official client; its requests are not tried again, so that a test sees each answer. */
export function clientOf(url: string, key = DEVELOPMENT_KEY): BatchServiceClient {
  return new BatchServiceClient(new BatchSharedKeyCredentials(DEVELOPMENT_ACCOUNT, key), url, { noRetryPolicy: true });
}

function run(args: readonly string[], { env, under = [] }: HowToRun) {
  const [file = "", ...rest] = [...under, process.execPath, join(programs, "shoal.js"), ...args];
  const child: ChildProcess = spawn(file, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...output }));
  });
  return { child, output, ended };
}
