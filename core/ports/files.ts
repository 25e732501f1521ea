import type { JobRef, TaskRef } from "../domain/refs.ts";

/** Containers of files, by name, as in a storage account. Container and file names follow Azure Storage's rules. */
export interface FileStat {
  readonly name: string;
  readonly size: number;
  readonly lastModified: string;
  readonly contentType: string;
}
export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end?: number;
}
export type Permission = "read" | "write" | "list" | "delete";

export interface FileStore {
  put(container: string, name: string, body: ReadableStream<Uint8Array> | Uint8Array, contentType?: string): Promise<FileStat>;
  stat(container: string, name: string): Promise<FileStat | undefined>;
  /** undefined where there is no such file. */
  read(container: string, name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined>;
  /** In name order. */
  list(container: string, options: { prefix?: string; after?: string; limit: number }): Promise<{ files: FileStat[]; next?: string }>;
  remove(container: string, name: string): Promise<boolean>;
  /** A URL that needs no other credential, good for `seconds`. Without `name`: for the whole container. */
  urlFor(container: string, name: string | undefined, permissions: readonly Permission[], seconds: number): string;
}

/** A file or directory below a node's root directory. Paths are relative, `/`-separated, without `.` and `..`. */
export interface NodeFileStat {
  readonly path: string;
  readonly directory: boolean;
  readonly size: number;
  readonly creationTime: string;
  readonly lastModified: string;
  /** Octal, as in `0100644`; absent on Windows nodes. */
  readonly mode?: string;
  readonly contentType: string;
}

/**
 * The files of nodes that are there, and of nodes that are gone what is kept: at least stdout.txt and stderr.txt of the tasks that ended there, at
 * the paths that they had, until their retention is over.
 */
export interface NodeFiles {
  /** undefined where there is no such file; a path that leads out of the root (also by a link) is no such file. */
  stat(node: NodeAddress, path: string): Promise<NodeFileStat | undefined>;
  read(node: NodeAddress, path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined>;
  /** The entries below a directory, in path order, paths relative to the node's root; undefined where there is no such directory. */
  list(
    node: NodeAddress,
    path: string,
    options: { recursive: boolean; after?: string; limit: number },
  ): Promise<{ files: NodeFileStat[]; next?: string } | undefined>;
  /** A directory goes only when empty, unless `recursive`. */
  remove(node: NodeAddress, path: string, recursive: boolean): Promise<"removed" | "missing" | "not-empty">;
  /** Removes what is kept of a task, or of a whole job, from nodes that are gone. */
  forget(of: TaskRef | JobRef): Promise<void>;
}
export interface NodeAddress {
  readonly machineId: string;
}
