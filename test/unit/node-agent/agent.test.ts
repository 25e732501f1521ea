import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../../scripts/build.mjs";
import { FakeControlPlane, order } from "../../support/fake-control-plane.ts";

beforeAll(() => build());

let plane: FakeControlPlane;
beforeEach(async () => {
  plane = await FakeControlPlane.start();
});
afterEach(() => plane.close());

const taskFile = (taskId: string, name: string) => readFileSync(join(plane.root, "workitems/job/job-1", taskId, name), "utf8");

describe("a task", () => {
  it("runs in its directory with its environment and reports how it ended", async () => {
    await plane.readyAgent();
    const commandLine = `/bin/sh -c 'echo $AZ_BATCH_TASK_ID in $PWD, $COLOUR; echo oops >&2; env > env.txt; exit 3'`;
    plane.send({ kind: "run", lease: "L1", tasks: [order("t1", commandLine, { environment: [{ name: "COLOUR", value: "green" }] })] });
    const { end, attempt } = await plane.finished("t1");
    expect(attempt).toBe(1);
    expect(end.exitCode).toBe(3);
    expect(end.failure).toMatchObject({ category: "usererror", code: "FailureExitCode" });
    expect(Date.parse(end.endTime)).toBeGreaterThanOrEqual(Date.parse(end.startTime));
    expect(taskFile("t1", "stdout.txt")).toBe(`t1 in ${plane.root}/workitems/job/job-1/t1/wd, green\n`);
    expect(taskFile("t1", "stderr.txt")).toBe("oops\n");
    expect(taskFile("t1", "wd/env.txt")).not.toContain("s3cret");
    await plane.until(() => plane.of("lease-done").length === 1);
    expect(plane.of("task-started")).toEqual([]);
    expect(plane.received).toHaveLength(2);
  });
});
