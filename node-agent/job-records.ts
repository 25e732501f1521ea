import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { JobRef } from "../core/domain/refs.ts";
import type { JobCommandReport } from "../core/protocol/messages.ts";
import { type Log, messageOf } from "./log.ts";

/** How far the preparation of a job has come on this node, and its release. */
export interface JobRecord extends JobRef {
  /** `started`: it was begun, and has not ended, or is to be done again. */
  readonly state: "started" | "succeeded" | "failed" | "released";
  /** The preparation's id. */
  readonly id: string;
  /** Tasks wait for its success. */
  readonly waits: boolean;
  /** To be done again after the next start of the node. */
  readonly rerun: boolean;
  /** How the release ended, of one that was released by a command. */
  readonly release?: { readonly id: string; readonly report: JobCommandReport };
}

/** Where the agent remembers what it did for jobs: it outlives the agent's program, and goes with the node's disk. */
export interface JobRecords {
  readAll(): JobRecord[];
  write(record: JobRecord): void;
  remove(uid: string): void;
}

const UID = /^[A-Za-z0-9_-]{1,64}$/;

/** One small file a job. What cannot be written is logged: then this start of the agent alone knows it. */
export class DiskJobRecords implements JobRecords {
  private readonly folder: string;

  constructor(
    volatile: string,
    private readonly log: Log,
  ) {
    this.folder = `${volatile}/jobs`;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  readAll(): JobRecord[] {
    const names = readdirSync(this.folder).filter((name) => name.endsWith(".json"));
    return names.flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(`${this.folder}/${name}`, "utf8")) as JobRecord];
      } catch (error) {
        this.log("warn", "job-record-not-read", { name, error: messageOf(error) });
        return [];
      }
    });
  }

  write(record: JobRecord): void {
    try {
      const path = this.path(record.uid);
      // Renamed into place: a node that loses power in between has the old one, whole.
      writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.log("warn", "job-record-not-written", { jobId: record.jobId, error: messageOf(error) });
    }
  }

  remove(uid: string): void {
    rmSync(this.path(uid), { force: true });
  }

  private path(uid: string): string {
    if (!UID.test(uid)) throw new Error("A job's uid holds characters that a file's name may not.");
    return `${this.folder}/${uid}.json`;
  }
}
