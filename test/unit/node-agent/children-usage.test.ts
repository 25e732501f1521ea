import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChildrenUsage, shareOf } from "../../../node-agent/children-usage.ts";

describe.runIf(process.platform === "linux")("what children used", () => {
  it("is their CPU time, with that of their own children, and nothing of an earlier look", () => {
    const usage = new ChildrenUsage();
    spawnSync("/bin/sh", ["-c", "/bin/sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'; true"]);
    expect(usage.sinceLast()?.userMs).toBeGreaterThanOrEqual(50);
    expect(usage.sinceLast()).toMatchObject({ userMs: 0, kernelMs: 0 });
  });

  it("is what they wrote to disks", () => {
    const usage = new ChildrenUsage();
    const file = join(tmpdir(), `shoal-usage-${process.pid}`);
    spawnSync("/bin/dd", ["if=/dev/zero", `of=${file}`, "bs=64k", "count=16", "conv=fsync"]);
    rmSync(file);
    // A file system in memory has no disk.
    expect([0, 1]).toContain(Math.floor((usage.sinceLast()?.writeBytes ?? 0) / (1024 * 1024)));
  });
});

describe("a share", () => {
  it("loses nothing, and is even", () => {
    const amount = fc.nat({ max: 1e12 });
    const usage = fc.record({ userMs: amount, kernelMs: amount, readBytes: amount, writeBytes: amount });
    fc.assert(
      fc.property(usage, fc.integer({ min: 1, max: 50 }), (whole, count) => {
        const shares = Array.from({ length: count }, (_, index) => shareOf(whole, index, count));
        for (const name of ["userMs", "kernelMs", "readBytes", "writeBytes"] as const) {
          expect(shares.reduce((sum, share) => sum + share[name], 0)).toBe(whole[name]);
          expect((shares[0]?.[name] ?? 0) - (shares.at(-1)?.[name] ?? 0)).toBeLessThan(count);
        }
      }),
    );
  });
});
