import { Agent, type AgentEnd } from "./agent.ts";
import type { AgentConfig } from "./config.ts";
import { Directories } from "./directories.ts";
import { DiskJobRecords } from "./job-records.ts";
import { logToStderr } from "./log.ts";
import { Launcher, type ProcessUser } from "./process.ts";
import { DiskRetention } from "./retention.ts";
import { systemTime } from "./time.ts";
import type { Transport } from "./transport.ts";
import { uploadFile } from "./upload-file.ts";

/** How long a signal waits for the tasks to be given back. */
const GRACE_MS = 3_000;
const EXIT_CODES: Readonly<Record<AgentEnd, number>> = { left: 0, refused: 2, lost: 3 };

export interface AgentPlace extends Pick<AgentConfig, "root" | "launcher" | "logFile" | "ipAddress"> {
  /** Whose processes commands are; without it, the agent's own user's. */
  readonly user?: ProcessUser;
}

/** Runs an agent to its end, or until a signal ends it, and all that it started; resolves with the program's exit code. */
export async function runAgent(place: AgentPlace, transport: Transport): Promise<number> {
  const launcher = new Launcher(place.launcher, place.root, logToStderr, place.user);
  const disk = new Directories(place.root);
  const agent = new Agent(place, {
    transport,
    processes: launcher,
    disk,
    retention: (isRunning) => new DiskRetention(disk, isRunning, systemTime, logToStderr),
    jobRecords: new DiskJobRecords(disk.volatile, logToStderr),
    uploadLog: (containerUrl, name) => uploadFile(place.logFile, containerUrl, name),
    time: systemTime,
    log: logToStderr,
  });
  const ended = agent.run();
  const told = new Promise<AgentEnd>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        agent.leave("requeue", "restarted");
        setTimeout(() => resolve("left"), GRACE_MS);
      });
    }
  });
  const end = await Promise.race([ended, told]);
  await launcher.close();
  return EXIT_CODES[end];
}
