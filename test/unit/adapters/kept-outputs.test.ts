import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeptOutputs } from "../../../adapters/embedded/kept-outputs.ts";

describe("outputs that outlive their machine", () => {
  let folder: string;
  let root: string;
  let kept: KeptOutputs;
  const job = { jobId: "j", uid: "u" };
  const task = (taskId: string) => ({ ...job, taskId });
  const at = (machineId: string, path: string) => join(folder, "kept", machineId, "workitems", path);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-kept-"));
    root = join(folder, "root");
    kept = new KeptOutputs(join(folder, "kept"));
    for (const name of ["t1", "t2"]) {
      await mkdir(join(root, "workitems/j/job-1", name, "wd/deep"), { recursive: true });
      await writeFile(join(root, "workitems/j/job-1", name, "stdout.txt"), `out of ${name}`);
      await writeFile(join(root, "workitems/j/job-1", name, "wd/deep/large"), "x");
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  const note = async (due: number, ...lines: { taskId: string; endedAt: number }[]) => {
    await mkdir(join(root, "volatile/retention"), { recursive: true });
    const text = lines.map((line) => `${JSON.stringify({ ...job, ...line })}\n`).join("");
    await writeFile(join(root, "volatile/retention", String(due)), text);
  };

  it("are stdout.txt and stderr.txt, and nothing else", async () => {
    expect(kept.rootOf("m1")).toBeUndefined();
    await kept.keep("m1", root, 0);
    expect(kept.rootOf("m1")).toBe(join(folder, "kept/m1"));
    expect(readFileSync(at("m1", "j/job-1/t1/stdout.txt"), "utf8")).toBe("out of t1");
    expect(readdirSync(at("m1", "j/job-1/t1"))).toEqual(["stdout.txt"]);
    expect(readdirSync(join(root, "workitems"))).toEqual([]);
  });

  it("may be kept again after a crash in between, or of a machine that never ran anything", async () => {
    await kept.keep("m1", root, 0);
    await kept.keep("m1", root, 0);
    await kept.keep("m2", join(folder, "nowhere"), 0);
    expect(readFileSync(at("m1", "j/job-1/t2/stdout.txt"), "utf8")).toBe("out of t2");
    expect(kept.rootOf("m2")).toBeUndefined();
  });

  it("of a schedule's jobs lie side by side, and go one job at a time", async () => {
    for (const run of ["job-1", "job-2"]) {
      await mkdir(join(root, "workitems/nightly", run, "t"), { recursive: true });
      await writeFile(join(root, "workitems/nightly", run, "t/stdout.txt"), run);
    }
    await kept.keep("m1", root, 0);
    await kept.forget({ jobId: "nightly:job-1", uid: "u1" });
    expect(readdirSync(at("m1", "nightly"))).toEqual(["job-2"]);
    await kept.forget({ jobId: "nightly:job-2", uid: "u2", taskId: "t" });
    expect(existsSync(at("m1", "nightly"))).toBe(false);
    expect(existsSync(at("m1", "j"))).toBe(true);
  });

  it.skipIf(process.platform === "win32")("follow no link that a task has put anywhere", async () => {
    const precious = join(folder, "precious");
    await mkdir(join(precious, "job-1/t/wd"), { recursive: true });
    await writeFile(join(precious, "file"), "");
    await symlink(precious, join(root, "workitems/j/job-1/t3"));
    await symlink(precious, join(root, "workitems/j2"));
    await symlink(precious, join(root, "workitems/j/job-1/t1/wd/link"));
    await symlink(join(precious, "file"), join(root, "workitems/j/job-1/t1/stderr.txt"));
    await kept.keep("m1", root, 0);
    await kept.forget(job);
    expect(readdirSync(precious).sort()).toEqual(["file", "job-1"]);
    expect(existsSync(join(precious, "job-1/t/wd"))).toBe(true);
  });

  it("go with their task, or with their job", async () => {
    await kept.keep("m1", root, 0);
    await kept.forget(task("t1"));
    expect(readdirSync(at("m1", "j/job-1"))).toEqual(["t2"]);
    await kept.forget({ jobId: "other", uid: "u" });
    await kept.forget(task("t3"));
    expect(existsSync(at("m1", "j/job-1/t2"))).toBe(true);
    await kept.forget(job);
    expect(kept.rootOf("m1")).toBeUndefined();
  });

  it("go when their retention is over, unless a later attempt has written them", async () => {
    const now = Date.now();
    await note(now + 60_000, { taskId: "t1", endedAt: now + 1_000 }, { taskId: "t2", endedAt: now - 60_000 });
    await note(now + 7_200_000, { taskId: "t2", endedAt: now + 1_000 });
    await kept.keep("m1", root, 0);
    await kept.expire(now + 59_999);
    expect(readdirSync(at("m1", "j/job-1")).sort()).toEqual(["t1", "t2"]);
    await kept.expire(now + 60_000);
    expect(readdirSync(at("m1", "j/job-1"))).toEqual(["t2"]);
    await kept.expire(now + 7_200_000);
    expect(kept.rootOf("m1")).toBeUndefined();
    expect(readdirSync(join(folder, "kept/.due"))).toEqual([]);
  });

  it("are also what its start task wrote and its agent's log, for a week", async () => {
    await mkdir(join(root, "startup/wd"), { recursive: true });
    for (const name of ["stdout.txt", "agent.log", "other"]) await writeFile(join(root, "startup", name), name);
    await note(7 * 24 * 3_600_000, { taskId: "t1", endedAt: Date.now() + 60_000 });
    await kept.keep("m1", root, 0);
    await kept.keep("m1", root, 0);
    expect(readdirSync(join(folder, "kept/m1/startup")).sort()).toEqual(["agent.log", "stdout.txt"]);
    await kept.expire(7 * 24 * 3_600_000 - 1);
    expect(existsSync(join(folder, "kept/m1/startup"))).toBe(true);
    await kept.expire(7 * 24 * 3_600_000);
    expect(existsSync(join(folder, "kept/m1/startup"))).toBe(false);
    expect(existsSync(at("m1", "j/job-1/t1"))).toBe(false);
    await kept.forget(job);
    expect(kept.rootOf("m1")).toBeUndefined();
  });
});
