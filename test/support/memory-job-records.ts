import type { JobRecord, JobRecords } from "../../node-agent/job-records.ts";

/** What an agent remembers of jobs, for as long as this object lives. */
export class MemoryJobRecords implements JobRecords {
  private readonly records = new Map<string, JobRecord>();

  readAll(): JobRecord[] {
    return [...this.records.values()];
  }
  write(record: JobRecord): void {
    this.records.set(record.uid, record);
  }
  remove(uid: string): void {
    this.records.delete(uid);
  }
  /** The node's disk was emptied. */
  clear(): void {
    this.records.clear();
  }
}
