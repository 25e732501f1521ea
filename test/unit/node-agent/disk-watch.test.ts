import { expect, it } from "vitest";
import { DiskWatch } from "../../../node-agent/disk-watch.ts";

const MIB = 1024 * 1024;

it("takes a disk for full below 32 MiB, and again for one with room from 48 MiB on", async () => {
  let free = 100 * MIB;
  const watch = new DiskWatch(async () => free);
  const seen: (readonly [number, boolean, boolean])[] = [];
  for (const mebibytes of [100, 40, 32, 31, 47, 0, 48, 40]) {
    free = mebibytes * MIB;
    const changed = await watch.look();
    seen.push([mebibytes, watch.full, changed]);
  }
  expect(seen).toEqual([
    [100, false, false],
    [40, false, false],
    [32, false, false],
    [31, true, true],
    [47, true, false],
    [0, true, false],
    [48, false, true],
    [40, false, false],
  ]);
});

it("says nothing new where the disk cannot be asked", async () => {
  const watch = new DiskWatch(() => Promise.reject(new Error("gone")));
  await expect(watch.look()).rejects.toThrow("gone");
  expect(watch.full).toBe(false);
});
