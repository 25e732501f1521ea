import { type ChildProcess, spawn } from "node:child_process";

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts `npm start`'s program with nothing to keep, on any free port; resolves when it is ready for clients. */
export async function startServerProcess(program: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program, "--ephemeral", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await readyUrl(child);
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const url = /Shoal is ready: (\S+)/.exec(text)?.[1];
      if (url) resolve(url);
    });
    child.once("exit", (code) => reject(new Error(`The server ended with code ${code} before it was ready.`)));
    child.once("error", reject);
  });
}
