import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Directories } from "../../../node-agent/directories.ts";

describe("the directories of a node", () => {
  let root: string;
  let directories: Directories;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "shoal-directories-"));
    directories = new Directories(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  it("are those of Azure's nodes, for a job of its own and for a schedule's", async () => {
    const own = await directories.prepareTask({ jobId: "render", uid: "u", taskId: "t" });
    const scheduled = await directories.prepareTask({ jobId: "nightly:job-12", uid: "u", taskId: "t" });
    expect(own.directory).toBe(`${root}/workitems/render/job-1/t`);
    expect(scheduled.directory).toBe(`${root}/workitems/nightly/job-12/t`);
    expect(existsSync(scheduled.working)).toBe(true);
  });

  it("of a schedule's job go without those of its other jobs", async () => {
    const first = { jobId: "nightly:job-1", uid: "u1" };
    const second = { jobId: "nightly:job-2", uid: "u2" };
    for (const job of [first, second]) await directories.prepareTask({ ...job, taskId: "t" });
    await directories.removeJob(first);
    expect(readdirSync(join(root, "workitems/nightly"))).toEqual(["job-2"]);
    await directories.removeJob(second);
    expect(readdirSync(join(root, "workitems"))).toEqual([]);
  });

  it.each(["..", "../x", "a/b", "a:job-1/..", ":job-1", "a:job-", "a:job-1:job-2", "a:b", ""])(
    "never lie where the job id %j would lead",
    (jobId) => {
      expect(() => directories.ofTask({ jobId, uid: "u", taskId: "t" })).toThrow("holds characters");
    },
  );
});
