import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskFileStore } from "../../adapters/embedded/disk-file-store.ts";
import { systemIds } from "../../adapters/embedded/ids.ts";
import { LmdbEnvironment } from "../../adapters/embedded/lmdb-environment.ts";
import { systemClock } from "../../adapters/embedded/system-clock.ts";
import { signUrl } from "../../core/domain/signed-url.ts";
import { filesContract } from "./files-contract.ts";

const key = Buffer.from("a key of the tests").toString("base64");

async function openFiles(folder: string) {
  const environment = LmdbEnvironment.open(join(folder, "store"));
  const files = await DiskFileStore.open({
    folder: join(folder, "containers"),
    environment,
    clock: systemClock,
    ids: systemIds(systemClock),
    sign: (container, name, permissions, seconds) =>
      signUrl({ key, baseUrl: "http://127.0.0.1/storage", container, name, permissions, seconds, now: systemClock.now() }),
  });
  return { environment, files };
}

filesContract("the file store on disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoal-files-"));
  const { environment, files } = await openFiles(folder);
  const close = async () => {
    await environment.close();
    await rm(folder, { recursive: true });
  };
  return { files, close };
});

describe("the file store on disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shoal-files-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("keeps its files when it is opened again, and on the disk no file of what was replaced or removed", async () => {
    const first = await openFiles(folder);
    await first.files.put("box", "a.txt", Buffer.from("1"), "text/plain");
    await first.files.put("box", "a.txt", Buffer.from("2"), "text/plain");
    await first.files.put("box", "b.txt", Buffer.from("3"));
    await first.files.remove("box", "b.txt");
    const onDisk = await readdir(join(folder, "containers", "box"));
    expect(onDisk).toEqual([expect.stringMatching(/^[0-9a-z]{16}-a\.txt$/)]);
    await first.environment.close();
    const second = await openFiles(folder);
    expect(await second.files.stat("box", "a.txt")).toMatchObject({ size: 1, contentType: "text/plain" });
    await second.environment.close();
  });

  it("removes when it is opened what a crash left half written", async () => {
    const first = await openFiles(folder);
    await first.files.put("box", "a", Buffer.from("1"));
    const rubbish = first.environment.table("rubbish");
    await first.environment.commit((draft) => draft.put(rubbish, "box/half", ""));
    await writeFile(join(folder, "containers", "box", "half"), "ha");
    await first.environment.close();
    const second = await openFiles(folder);
    expect(await readdir(join(folder, "containers", "box"))).toHaveLength(1);
    expect(await second.files.stat("box", "a")).toBeDefined();
    await second.environment.close();
  });
});
