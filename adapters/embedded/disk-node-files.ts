import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readlink, rm, rmdir, stat, unlink } from "node:fs/promises";
import type { JobRef, TaskRef } from "../../core/domain/refs.ts";
import type { ByteRange, NodeAddress, NodeFileStat, NodeFiles } from "../../core/ports/files.ts";
import { confined, confinedEntry, isMissing, isWithin } from "./confined-path.ts";
import { contentTypeOf } from "./content-types.ts";
import { walkDirectory } from "./directory-walk.ts";
import { streamOf } from "./file-stream.ts";

/**
 * A node's files, straight from its directory on this disk. What its tasks leave there is not to be trusted: a link that leads out of
 * the root is no such file, and only plain files are ever opened for reading.
 */
export class DiskNodeFiles implements NodeFiles {
  /** `rootOf`: a node's root directory, absolute, also of what is kept of one that is gone; undefined where there is neither. */
  constructor(
    private readonly rootOf: (machineId: string) => string | undefined,
    private readonly kept: Pick<NodeFiles, "forget">,
  ) {}

  forget(of: TaskRef | JobRef): Promise<void> {
    return this.kept.forget(of);
  }

  async stat(node: NodeAddress, path: string): Promise<NodeFileStat | undefined> {
    const root = this.rootOf(node.machineId);
    return root === undefined ? undefined : statAt(root, path);
  }

  async read(node: NodeAddress, path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const root = this.rootOf(node.machineId);
    const place = root === undefined ? undefined : await confined(root, path);
    if (root === undefined || place === undefined) return undefined;
    let handle: FileHandle;
    try {
      // Without O_NONBLOCK, a named pipe that a task left there would hold a thread of ours for good.
      handle = await open(place, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      if (isMissing(error) || ["ENXIO", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
      throw error;
    }
    if ((await handle.stat()).isFile() && (await leadsInside(root, handle))) return streamOf(handle, range);
    await handle.close();
    return undefined;
  }

  async list(
    node: NodeAddress,
    path: string,
    options: { recursive: boolean; after?: string; limit: number },
  ): Promise<{ files: NodeFileStat[]; next?: string } | undefined> {
    const root = this.rootOf(node.machineId);
    if (root === undefined || !(await statAt(root, path))?.directory) return undefined;
    const files: NodeFileStat[] = [];
    for await (const entry of walkDirectory((directory) => confined(root, directory), path, options)) {
      const found = await statAt(root, entry);
      // It has gone in between, or is a link that leads nowhere or out.
      if (!found) continue;
      const last = files.at(-1);
      if (last && files.length === options.limit) return { files, next: last.path };
      files.push(found);
    }
    return { files };
  }

  async remove(node: NodeAddress, path: string, recursive: boolean): Promise<"removed" | "missing" | "not-empty"> {
    const root = this.rootOf(node.machineId);
    const place = root === undefined ? undefined : await confinedEntry(root, path);
    if (place === undefined) return "missing";
    try {
      const directory = (await lstat(place)).isDirectory();
      if (!directory) await unlink(place);
      else if (recursive) await rm(place, { recursive: true, maxRetries: 3 });
      else await rmdir(place);
      return "removed";
    } catch (error) {
      if (isMissing(error)) return "missing";
      if (["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) return "not-empty";
      throw error;
    }
  }
}

async function statAt(root: string, path: string): Promise<NodeFileStat | undefined> {
  const place = await confined(root, path);
  if (place === undefined) return undefined;
  try {
    return describe(path, await stat(place));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function describe(path: string, found: Stats): NodeFileStat {
  const directory = found.isDirectory();
  return {
    path,
    directory,
    size: directory ? 0 : found.size,
    // Some file systems keep no time of birth.
    creationTime: (found.birthtimeMs > 0 ? found.birthtime : found.mtime).toISOString(),
    lastModified: found.mtime.toISOString(),
    ...(process.platform === "win32" ? {} : { mode: `0${found.mode.toString(8)}` }),
    contentType: contentTypeOf(path),
  };
}

/** A directory on the way may have become a link after it was looked at: what was opened is looked at again where the system can tell. */
async function leadsInside(root: string, handle: FileHandle): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const [realRoot, place] = await Promise.all([confined(root, ""), readlink(`/proc/self/fd/${handle.fd}`)]);
  return realRoot !== undefined && isWithin(realRoot, place);
}
