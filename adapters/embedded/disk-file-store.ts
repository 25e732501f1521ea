import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkFileNames, isContainerName, isFileName } from "../../core/domain/file-names.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ByteRange, FileStat, FileStore, Permission } from "../../core/ports/files.ts";
import type { Ids } from "../../core/ports/ids.ts";
import type { Table } from "./commit-group.ts";
import { ANY_CONTENT } from "./content-types.ts";
import { streamOf } from "./file-stream.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";
import { storeError } from "./store-errors.ts";

export type SignUrl = (container: string, name: string | undefined, permissions: readonly Permission[], seconds: number) => string;

export interface DiskFileStoreOptions {
  /** Holds a folder a container. */
  readonly folder: string;
  readonly environment: LmdbEnvironment;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sign: SignUrl;
}

interface Entry extends FileStat {
  /** The file on the disk, below the store's folder. */
  readonly file: string;
}

/**
 * Files in a folder, and an index of them in LMDB: any name is safe, a name may also be the beginning of others, and a listing costs
 * its page. A file's bytes are on the disk before its index entry is; what is half written, or was replaced, stands in a list of
 * rubbish until it is removed, so that a crash leaves nothing behind.
 */
export class DiskFileStore implements FileStore {
  private readonly index: Table;
  private readonly rubbish: Table;

  private constructor(private readonly options: DiskFileStoreOptions) {
    this.index = options.environment.table("files");
    this.rubbish = options.environment.table("rubbish");
  }

  /** Removes what a crash may have left half written. */
  static async open(options: DiskFileStoreOptions): Promise<DiskFileStore> {
    const store = new DiskFileStore(options);
    const left = options.environment.read(() => [...store.rubbish.getKeys()].map((key) => key.toString()));
    for (const file of left) await store.discard(file);
    return store;
  }

  async put(container: string, name: string, body: ReadableStream<Uint8Array> | Uint8Array, contentType = ANY_CONTENT): Promise<FileStat> {
    checkFileNames(container, name);
    const { environment, clock, ids } = this.options;
    const file = `${container}/${ids.next()}${readablePart(name)}`;
    await environment.commit((draft) => draft.put(this.rubbish, file, ""));
    let size: number;
    try {
      size = await this.writeFile(container, file, body);
    } catch (error) {
      await this.discard(file);
      throw isSystemError(error) ? storeError(this.options.folder, error) : error;
    }
    const entry: Entry = { name, size, lastModified: new Date(clock.now()).toISOString(), contentType, file };
    const replaced = await environment.commit((draft) => {
      const before = draft.get(this.index, place(container, name));
      const old = before === undefined ? undefined : (JSON.parse(before) as Entry).file;
      draft.put(this.index, place(container, name), JSON.stringify(entry));
      draft.remove(this.rubbish, file);
      if (old) draft.put(this.rubbish, old, "");
      return old;
    });
    if (replaced) await this.discard(replaced);
    return statOf(entry);
  }

  async stat(container: string, name: string): Promise<FileStat | undefined> {
    const entry = this.find(container, name);
    return entry && statOf(entry);
  }

  async read(container: string, name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    for (;;) {
      const entry = this.find(container, name);
      if (!entry) return undefined;
      try {
        return streamOf(await open(join(this.options.folder, entry.file), "r"), range);
      } catch (error) {
        // It may have been replaced in between; if not, its bytes are lost, and that is an error.
        if (this.find(container, name)?.file === entry.file) throw storeError(this.options.folder, error);
      }
    }
  }

  async list(
    container: string,
    options: { prefix?: string; after?: string; limit: number },
  ): Promise<{ files: FileStat[]; next?: string }> {
    if (!isContainerName(container)) return { files: [] };
    const { prefix = "", after, limit } = options;
    const lowest = Buffer.from(place(container, prefix));
    const cut = after === undefined ? undefined : Buffer.from(place(container, after));
    const start = cut && Buffer.compare(cut, lowest) >= 0 ? { start: cut, exclusiveStart: true } : { start: lowest };
    const end = Buffer.from(`${container}\x01`);
    return this.options.environment.read(() => {
      const files: FileStat[] = [];
      for (const { value } of this.index.getRange({ ...start, end, limit: limit + 1 })) {
        const entry = JSON.parse(value) as Entry;
        if (!entry.name.startsWith(prefix)) break;
        const last = files.at(-1);
        if (last && files.length === limit) return { files, next: last.name };
        files.push(statOf(entry));
      }
      return { files };
    });
  }

  async remove(container: string, name: string): Promise<boolean> {
    if (!isContainerName(container) || !isFileName(name)) return false;
    const file = await this.options.environment.commit((draft) => {
      const before = draft.get(this.index, place(container, name));
      if (before === undefined) return undefined;
      const entry = JSON.parse(before) as Entry;
      draft.remove(this.index, place(container, name));
      draft.put(this.rubbish, entry.file, "");
      return entry.file;
    });
    if (file === undefined) return false;
    await this.discard(file);
    return true;
  }

  urlFor(container: string, name: string | undefined, permissions: readonly Permission[], seconds: number): string {
    return this.options.sign(container, name, permissions, seconds);
  }

  private find(container: string, name: string): Entry | undefined {
    if (!isContainerName(container) || !isFileName(name)) return undefined;
    const value = this.options.environment.read(() => this.index.get(Buffer.from(place(container, name))));
    return value === undefined ? undefined : JSON.parse(value);
  }

  private async discard(file: string): Promise<void> {
    await rm(join(this.options.folder, file), { force: true });
    await this.options.environment.commit((draft) => draft.remove(this.rubbish, file));
  }

  /** Resolves with the size once the bytes, and their name in the folder, are on the disk. */
  private async writeFile(container: string, file: string, body: ReadableStream<Uint8Array> | Uint8Array): Promise<number> {
    const folder = join(this.options.folder, container);
    await mkdir(folder, { recursive: true });
    const handle = await open(join(this.options.folder, file), "wx", 0o600);
    let size = 0;
    try {
      for await (const chunk of body instanceof Uint8Array ? [body] : body) {
        await handle.writeFile(chunk);
        size += chunk.byteLength;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(folder);
    return size;
  }
}

function place(container: string, name: string): string {
  return `${container}\0${name}`;
}

function statOf({ name, size, lastModified, contentType }: Entry): FileStat {
  return { name, size, lastModified, contentType };
}

/** Something of the name, for whoever looks into the folder. */
function readablePart(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1).replace(/[^A-Za-z0-9_.-]+/g, "_");
  return last ? `-${last.slice(-64)}` : "";
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no such thing as a sync of a directory.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
