import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DiskJobRecords, type JobRecord } from "../../../node-agent/job-records.ts";

let volatile: string;
beforeEach(() => {
  volatile = mkdtempSync(join(tmpdir(), "shoal-records-"));
});
afterEach(() => rmSync(volatile, { recursive: true, force: true }));

const record = (uid: string, state: JobRecord["state"]): JobRecord => ({ jobId: "j", uid, state, id: "prep", waits: true, rerun: true });

it("remembers the last word of each job, also for the next who asks", () => {
  const records = new DiskJobRecords(volatile, () => {});
  records.write(record("a", "started"));
  records.write(record("b", "failed"));
  records.write(record("a", "succeeded"));
  const again = new DiskJobRecords(volatile, () => {});
  expect(again.readAll().sort((a, b) => (a.uid < b.uid ? -1 : 1))).toEqual([record("a", "succeeded"), record("b", "failed")]);
  again.remove("a");
  again.remove("nobody");
  expect(again.readAll()).toEqual([record("b", "failed")]);
});

it("passes over a file that holds no record, and says so", () => {
  const said: string[] = [];
  const records = new DiskJobRecords(volatile, (_level, event) => said.push(event));
  records.write(record("a", "started"));
  writeFileSync(join(volatile, "jobs", "b.json"), "{");
  expect(records.readAll()).toEqual([record("a", "started")]);
  expect(said).toEqual(["job-record-not-read"]);
});

it("goes on without a disk that takes it, and says so", () => {
  const said: string[] = [];
  const records = new DiskJobRecords(volatile, (_level, event) => said.push(event));
  rmSync(join(volatile, "jobs"), { recursive: true });
  records.write(record("a", "started"));
  expect(said).toEqual(["job-record-not-written"]);
});

it("lets no uid lead elsewhere", () => {
  const records = new DiskJobRecords(volatile, () => {});
  expect(() => records.remove("../a")).toThrow("uid");
  expect(readdirSync(volatile)).toEqual(["jobs"]);
});
