import type { JobRef, TaskRef } from "../../../core/domain/refs.ts";
import type { ByteRange, NodeAddress, NodeFileStat, NodeFiles } from "../../../core/ports/files.ts";
import { slice, streamOf } from "./memory-files.ts";

const TIME = "2026-11-24T05:30:00.000Z";

/** One node's tree, whatever the address: files by path, and the directories that they lie in. */
export class MemoryNodeFiles implements NodeFiles {
  private readonly files = new Map<string, Uint8Array>();
  /** Every path that was asked for, so that a test can say what never reached the node. */
  readonly asked: string[] = [];

  write(path: string, content: string): void {
    this.files.set(path, Buffer.from(content));
  }

  async stat(_node: NodeAddress, path: string): Promise<NodeFileStat | undefined> {
    this.asked.push(path);
    return this.statOf(path);
  }

  async read(_node: NodeAddress, path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const bytes = this.files.get(path);
    return bytes && streamOf(slice(bytes, range));
  }

  async list(
    _node: NodeAddress,
    path: string,
    options: { recursive: boolean; after?: string; limit: number },
  ): Promise<{ files: NodeFileStat[]; next?: string } | undefined> {
    this.asked.push(path);
    if (path !== "" && !this.statOf(path)?.directory) return undefined;
    const base = path === "" ? "" : `${path}/`;
    const all = [...this.paths()]
      .filter((entry) => entry.startsWith(base) && (options.recursive || !entry.slice(base.length).includes("/")))
      .sort()
      .filter((entry) => options.after === undefined || entry > options.after);
    const page = all.slice(0, options.limit);
    const next = page.at(-1);
    const files = page.flatMap((entry) => this.statOf(entry) ?? []);
    return all.length > page.length && next !== undefined ? { files, next } : { files };
  }

  async remove(_node: NodeAddress, path: string, recursive: boolean): Promise<"removed" | "missing" | "not-empty"> {
    const stat = this.statOf(path);
    if (!stat) return "missing";
    if (stat.directory && !recursive) return "not-empty";
    for (const file of [...this.files.keys()]) if (file === path || file.startsWith(`${path}/`)) this.files.delete(file);
    return "removed";
  }

  async forget(of: JobRef | TaskRef): Promise<void> {
    const base = `workitems/${of.jobId}/${"taskId" in of ? `job-1/${of.taskId}/` : ""}`;
    for (const file of [...this.files.keys()]) if (file.startsWith(base)) this.files.delete(file);
  }

  private paths(): Set<string> {
    const paths = new Set<string>();
    for (const file of this.files.keys()) {
      const parts = file.split("/");
      for (let depth = 1; depth <= parts.length; depth++) paths.add(parts.slice(0, depth).join("/"));
    }
    return paths;
  }

  private statOf(path: string): NodeFileStat | undefined {
    if (!this.paths().has(path)) return undefined;
    const bytes = this.files.get(path);
    const common = { path, creationTime: TIME, lastModified: TIME, contentType: "text/plain" };
    return bytes ? { ...common, directory: false, size: bytes.byteLength, mode: "0100644" } : { ...common, directory: true, size: 0 };
  }
}
