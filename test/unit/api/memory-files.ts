import type { Clock } from "../../../core/ports/clock.ts";
import type { ByteRange, FileStat, FileStore, Permission } from "../../../core/ports/files.ts";

type UrlFor = (container: string, name: string | undefined, permissions: readonly Permission[], seconds: number) => string;

/** Containers in memory. */
export class MemoryFiles implements FileStore {
  private readonly files = new Map<string, { stat: FileStat; bytes: Uint8Array }>();

  constructor(
    private readonly clock: Clock,
    readonly urlFor: UrlFor,
  ) {}

  async put(container: string, name: string, body: ReadableStream<Uint8Array> | Uint8Array, contentType?: string): Promise<FileStat> {
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    const lastModified = new Date(this.clock.now()).toISOString();
    const stat = { name, size: bytes.byteLength, lastModified, contentType: contentType ?? "application/octet-stream" };
    this.files.set(`${container}/${name}`, { stat, bytes });
    return stat;
  }

  async stat(container: string, name: string): Promise<FileStat | undefined> {
    return this.files.get(`${container}/${name}`)?.stat;
  }

  async read(container: string, name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const file = this.files.get(`${container}/${name}`);
    return file && streamOf(slice(file.bytes, range));
  }

  async list(
    container: string,
    options: { prefix?: string; after?: string; limit: number },
  ): Promise<{ files: FileStat[]; next?: string }> {
    const all = [...this.files.entries()]
      .filter(([path]) => path.startsWith(`${container}/${options.prefix ?? ""}`))
      .map(([, file]) => file.stat)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter((stat) => options.after === undefined || stat.name > options.after);
    const files = all.slice(0, options.limit);
    const next = files.at(-1)?.name;
    return all.length > files.length && next !== undefined ? { files, next } : { files };
  }

  async remove(container: string, name: string): Promise<boolean> {
    return this.files.delete(`${container}/${name}`);
  }
}

export function slice(bytes: Uint8Array, range?: ByteRange): Uint8Array {
  return range ? bytes.slice(range.start, range.end === undefined ? undefined : range.end + 1) : bytes;
}

export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
