import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LmdbEnvironment } from "../../../adapters/embedded/lmdb-environment.ts";
import { LmdbStore } from "../../../adapters/embedded/lmdb-store.ts";

const repository = join(import.meta.dirname, "../../..");

describe("the data folder", () => {
  let tools: string;
  let folder: string;
  let children: ChildProcess[];
  beforeAll(async () => {
    tools = await mkdtemp(join(tmpdir(), "shoal-child-"));
    await symlink(join(repository, "node_modules"), join(tools, "node_modules"));
    const entry = join(import.meta.dirname, "store-child.ts");
    await build({
      entryPoints: [entry],
      outfile: join(tools, "child.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["lmdb"],
    });
  });
  afterAll(() => rm(tools, { recursive: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-data-"));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  /** The child's first word. */
  const child = async (mode: string, limit = "") => {
    const command = `${limit} exec "${process.execPath}" "${join(tools, "child.mjs")}" "${folder}" ${mode}`;
    const started = spawn("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "ignore"] });
    children.push(started);
    for await (const line of createInterface({ input: started.stdout })) return { process: started, said: JSON.parse(line) };
    throw new Error("The child said nothing.");
  };
  const opened = async <T>(work: (store: LmdbStore) => Promise<T>): Promise<T> => {
    const environment = LmdbEnvironment.open(folder);
    try {
      return await work(new LmdbStore(environment));
    } finally {
      await environment.close();
    }
  };
  const fillOf = (store: LmdbStore, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) => store.write({ kind: "insert", item: { pk: "p", sk: `k${n}`, text: "x".repeat(500) } })),
    );
  const dataFile = () => join(folder, "data.mdb");

  it("keeps what was written when it is closed and opened again", async () => {
    await opened((store) => fillOf(store, 1_000));
    await opened(async (store) => {
      expect(await store.get({ pk: "p", sk: "k999" })).toMatchObject({ sk: "k999" });
    });
  });

  it("is one server's at a time, in this process or another", async () => {
    await opened(async () => {
      expect(() => LmdbEnvironment.open(folder)).toThrow(`${folder} is in use by the process ${process.pid}`);
      expect((await child("hold")).said.error).toMatchObject({ name: "StoreError", message: expect.stringContaining(String(process.pid)) });
    });
    const { process: other, said } = await child("hold");
    expect(said).toEqual({ open: true });
    expect(() => LmdbEnvironment.open(folder)).toThrow(`in use by the process ${other.pid}`);
  });

  it("can be opened at once after its server was killed, with all that was acknowledged", async () => {
    const { process: other } = await child("hold");
    const exit = once(other, "exit");
    other.kill("SIGKILL");
    await exit;
    await opened(async (store) => {
      expect(await store.get({ pk: "p", sk: "held" })).toBeDefined();
    });
  });

  describe("with a damaged data file", () => {
    const size = () => statSync(dataFile()).size;
    const damage: Record<string, () => void> = {
      "that begins with other bytes": () => writeFileSync(dataFile(), Buffer.alloc(65_536, "garbage"), { flag: "r+" }),
      "whose second page is overwritten": () => {
        const bytes = readFileSync(dataFile());
        writeFileSync(dataFile(), bytes.fill(7, 4_096, 12_288));
      },
      "that was cut off": () => truncateSync(dataFile(), Math.floor(size() / 2)),
      "that was cut down to a page": () => truncateSync(dataFile(), 4_096),
      "that was emptied": () => truncateSync(dataFile(), 0),
      "that is text": () => writeFileSync(dataFile(), "hello"),
    };
    it.each(Object.keys(damage))("%s is refused, with what to do, and left as it is", async (name) => {
      await opened((store) => fillOf(store, 2_000));
      damage[name]?.();
      const before = readFileSync(dataFile());
      expect(() => LmdbEnvironment.open(folder)).toThrow(expect.objectContaining({ name: "StoreError", retryable: false }));
      expect(() => LmdbEnvironment.open(folder)).toThrow(new RegExp(`${folder} is damaged.*Put back a copy`));
      expect(readFileSync(dataFile()).equals(before)).toBe(true);
    });
  });

  it("of another version is refused by that version's name", async () => {
    await opened((store) => fillOf(store, 1));
    writeFileSync(join(folder, "format"), "shoal-store 99\n");
    expect(() => LmdbEnvironment.open(folder)).toThrow("shoal-store 99");
  });

  it.skipIf(process.platform === "win32")("on a full disk says so, loses nothing, and goes on when there is room", async () => {
    // In blocks of 512 bytes by POSIX, of 1,024 in some shells: 4 or 8 MB.
    const { process: filler, said } = await child("fill", "ulimit -f 8192;");
    if (filler.exitCode === null) await once(filler, "exit");
    expect(said.error).toMatchObject({ name: "StoreError", retryable: true, message: expect.stringContaining(folder) });
    expect(said).toMatchObject({ small: "written", kept: true });
    expect(said.written).toBeGreaterThan(500);
    await opened(async (store) => {
      expect(await store.get({ pk: "p", sk: "k0" })).toMatchObject({ text: "y" });
      for (let n = 1; n < said.written; n++) expect(await store.get({ pk: "p", sk: `k${n}` }), String(n)).toBeDefined();
      expect(await store.get({ pk: "p", sk: `k${said.written}` })).toBeUndefined();
      await store.write({ kind: "insert", item: { pk: "p", sk: "more", text: "x".repeat(3_000) } });
    });
  });

  it("closed, refuses work instead of losing it", async () => {
    const environment = LmdbEnvironment.open(folder);
    const store = new LmdbStore(environment);
    const last = store.write({ kind: "insert", item: { pk: "p", sk: "last" } });
    await environment.close();
    expect(await last).toMatchObject({ ok: true });
    await expect(store.write({ kind: "insert", item: { pk: "p", sk: "later" } })).rejects.toThrow("closed");
    await expect(store.get({ pk: "p", sk: "last" })).rejects.toThrow("closed");
  });
});
