import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskNodeFiles } from "../../../adapters/embedded/disk-node-files.ts";

describe("a node's files on this disk", () => {
  let folder: string;
  let root: string;
  let files: DiskNodeFiles;
  const node = { machineId: "m1" };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-node-"));
    root = join(folder, "root");
    files = new DiskNodeFiles((machineId) => (machineId === "m1" ? root : undefined), { forget: async () => {} });
    await mkdir(join(root, "task/wd/deep"), { recursive: true });
    await writeFile(join(root, "task/stdout.txt"), "0123456789");
    await writeFile(join(root, "task/wd/result.json"), "{}");
    await writeFile(join(root, "task/wd/deep/x"), "x");
    await writeFile(join(root, "task/wd-other"), "");
    await writeFile(join(folder, "secret"), "secret");
    await mkdir(join(folder, "root-of-another"));
    await writeFile(join(folder, "root-of-another", "secret"), "secret");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const text = async (path: string, range?: { start: number; end?: number }) => {
    const stream = await files.read(node, path, range);
    return stream && new Response(stream).text();
  };
  const listed = async (path: string, options: { recursive: boolean; after?: string; limit: number }) => {
    const page = await files.list(node, path, options);
    return page && { paths: page.files.map((file) => file.path), next: page.next };
  };

  it("describes files and directories", async () => {
    await chmod(join(root, "task/stdout.txt"), 0o644);
    const stat = await files.stat(node, "task/stdout.txt");
    expect(stat).toMatchObject({ path: "task/stdout.txt", directory: false, size: 10, mode: "0100644", contentType: "text/plain" });
    expect(Date.parse(stat?.creationTime ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(await files.stat(node, "task/wd")).toMatchObject({ directory: true, size: 0, mode: expect.stringMatching(/^040\d+$/) });
    expect(await files.stat(node, "task/wd/result.json")).toMatchObject({ contentType: "application/json" });
    expect(await files.stat(node, "task/wd-other")).toMatchObject({ size: 0, contentType: "application/octet-stream" });
    expect(await files.stat(node, "")).toMatchObject({ path: "", directory: true });
  });

  it("reads a file, and a range of it", async () => {
    expect(await text("task/stdout.txt")).toBe("0123456789");
    expect(await text("task/stdout.txt", { start: 3, end: 5 })).toBe("345");
    expect(await text("task/stdout.txt", { start: 8, end: 50 })).toBe("89");
  });

  it("lists one level, or all, in path order, page by page", async () => {
    expect(await listed("task", { recursive: false, limit: 10 })).toEqual({
      paths: ["task/stdout.txt", "task/wd", "task/wd-other"],
      next: undefined,
    });
    const all = ["task", "task/stdout.txt", "task/wd", "task/wd-other", "task/wd/deep", "task/wd/deep/x", "task/wd/result.json"];
    expect(await listed("", { recursive: true, limit: 10 })).toEqual({ paths: all, next: undefined });
    for (const limit of [1, 2, 3]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await listed("", { recursive: true, limit, ...(after === undefined ? {} : { after }) });
        seen.push(...(page?.paths ?? []));
        after = page?.next;
      } while (after !== undefined);
      expect(seen).toEqual(all);
    }
    expect(await listed("task/stdout.txt", { recursive: false, limit: 10 })).toBeUndefined();
    expect(await listed("nowhere", { recursive: true, limit: 10 })).toBeUndefined();
  });

  it("knows no path that leads out, by dots, by links, or by a machine that is not there", async () => {
    await symlink(join(folder, "secret"), join(root, "task/leak"));
    await symlink("../../secret", join(root, "task/relative"));
    await symlink(join(folder, "root-of-another"), join(root, "task/neighbour"));
    await symlink("nowhere", join(root, "task/dangling"));
    await symlink("loop", join(root, "task/loop"));
    for (const path of [
      "../secret",
      "task/../../secret",
      "/etc/passwd",
      "task//stdout.txt",
      "./task",
      "task/leak",
      "task/relative",
      "task/neighbour/secret",
      "task/dangling",
      "task/loop",
      "task/stdout.txt/x",
      "a\0b",
      `task/${"x".repeat(300)}`,
    ]) {
      expect(await files.stat(node, path), path).toBeUndefined();
      expect(await files.read(node, path), path).toBeUndefined();
      expect(await files.list(node, path, { recursive: true, limit: 10 }), path).toBeUndefined();
    }
    expect(await files.remove(node, "../secret", true)).toBe("missing");
    expect(await files.remove(node, "task/neighbour/secret", true)).toBe("missing");
    expect(await files.remove(node, "", true)).toBe("missing");
    expect((await listed("task", { recursive: true, limit: 20 }))?.paths).not.toContain("task/leak");
    expect(await files.stat({ machineId: "m2" }, "task")).toBeUndefined();
  });

  it("follows a link that stays inside, but lists what lies behind it once", async () => {
    await symlink("wd", join(root, "task/again"));
    await symlink("..", join(root, "task/wd/up"));
    expect(await text("task/again/result.json")).toBe("{}");
    expect((await listed("task", { recursive: true, limit: 100 }))?.paths).toEqual([
      "task/again",
      "task/stdout.txt",
      "task/wd",
      "task/wd-other",
      "task/wd/deep",
      "task/wd/deep/x",
      "task/wd/result.json",
      "task/wd/up",
    ]);
  });

  it.skipIf(process.platform === "win32")("does not wait on a named pipe that a task left", async () => {
    execFileSync("mkfifo", [join(root, "task/pipe")]);
    expect(await files.read(node, "task/pipe")).toBeUndefined();
    expect(await files.read(node, "task/wd")).toBeUndefined();
  });

  it("removes files, links without what they lead to, and directories only when empty or recursively", async () => {
    await symlink(join(folder, "secret"), join(root, "task/leak"));
    expect(await files.remove(node, "task/leak", false)).toBe("removed");
    expect(await files.remove(node, "task/stdout.txt", false)).toBe("removed");
    expect(await files.remove(node, "task/stdout.txt", false)).toBe("missing");
    expect(await files.remove(node, "task/wd", false)).toBe("not-empty");
    expect(await files.remove(node, "task/wd", true)).toBe("removed");
    expect(await files.remove(node, "task/wd-other", true)).toBe("removed");
    expect(await files.remove(node, "task", false)).toBe("removed");
    expect(existsSync(join(folder, "secret"))).toBe(true);
  });
});
