import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { checkFileNames, isContainerName } from "../../../core/domain/file-names.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { ByteRange, FileStat, FileStore, Permission } from "../../../core/ports/files.ts";
import { isMissing, isPastEnd } from "./errors.ts";
import { checkKeyLength, fileName, isStorable, objectKey } from "./object-key.ts";
import { type Credentials, presign } from "./presign.ts";
import { upload } from "./upload.ts";

const DEFAULT_TYPE = "application/octet-stream";
const MAX_PAGE = 1_000;
/** A presigned URL is no good once the credentials that made it are over, and a role's may have little more than an hour left. */
const MAX_PRESIGNED_S = 3_600;

export interface S3FileStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Where nodes and clients reach the bucket; see {@link presign}. */
  readonly bucketUrl: string;
  readonly region: string;
  /** Those of the moment: asked for each URL, since they change. */
  readonly credentials: () => Credentials;
  readonly clock: Clock;
  /** A URL of the service's own storage endpoint: for all that S3 has no presigned URL for. */
  readonly endpointUrl: FileStore["urlFor"];
}

/**
 * Files in one bucket, containers as prefixes. The client repeats requests by itself. Listings do not know content types, and say
 * `application/octet-stream`.
 */
export class S3FileStore implements FileStore {
  constructor(private readonly options: S3FileStoreOptions) {}

  async put(container: string, name: string, body: ReadableStream<Uint8Array> | Uint8Array, contentType = DEFAULT_TYPE): Promise<FileStat> {
    checkFileNames(container, name);
    checkKeyLength(container, name);
    await upload(this.options.client, { ...this.place(container, name), ContentType: contentType }, body);
    const stat = await this.stat(container, name);
    if (!stat) throw new Error(`The file ${name} was removed from ${container} while it was put there. Put it again.`);
    return stat;
  }

  async stat(container: string, name: string): Promise<FileStat | undefined> {
    if (!isStorable(container, name)) return undefined;
    try {
      const head = await this.options.client.send(new HeadObjectCommand(this.place(container, name)));
      return fileStat(name, head.ContentLength, head.LastModified, head.ContentType);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async read(container: string, name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    if (!isStorable(container, name)) return undefined;
    const Range = range && { Range: `bytes=${range.start}-${range.end ?? ""}` };
    try {
      const { Body } = await this.options.client.send(new GetObjectCommand({ ...this.place(container, name), ...Range }));
      return Body ? (Body.transformToWebStream() as ReadableStream<Uint8Array>) : emptyStream();
    } catch (error) {
      if (isPastEnd(error)) return emptyStream();
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async list(
    container: string,
    { prefix = "", after, limit }: { prefix?: string; after?: string; limit: number },
  ): Promise<{ files: FileStat[]; next?: string }> {
    if (!isContainerName(container)) return { files: [] };
    const { Contents = [], IsTruncated } = await this.options.client.send(
      new ListObjectsV2Command({
        Bucket: this.options.bucket,
        Prefix: objectKey(container, prefix),
        MaxKeys: Math.min(limit, MAX_PAGE),
        // Names may hold what XML cannot.
        EncodingType: "url",
        ...(after === undefined ? {} : { StartAfter: objectKey(container, after) }),
      }),
    );
    const files = Contents.map(({ Key = "", Size, LastModified }) => fileStat(fileName(container, decoded(Key)), Size, LastModified));
    const last = files.at(-1);
    return { files, ...(IsTruncated && last ? { next: last.name } : {}) };
  }

  /** S3 does not say whether there was something to delete: of two who remove a file at the same time, both may hear that they did. */
  async remove(container: string, name: string): Promise<boolean> {
    if (!(await this.stat(container, name))) return false;
    await this.options.client.send(new DeleteObjectCommand(this.place(container, name)));
    return true;
  }

  /** Of S3 itself for one file and one purpose, up to an hour; otherwise of the service's own storage endpoint, which leads on to such URLs. */
  urlFor(container: string, name: string | undefined, permissions: readonly Permission[], seconds: number): string {
    const [purpose, more] = permissions;
    const method = purpose === "read" ? "GET" : purpose === "write" ? "PUT" : undefined;
    if (name === undefined || more || !method || seconds > MAX_PRESIGNED_S) {
      return this.options.endpointUrl(container, name, permissions, seconds);
    }
    const { bucketUrl, region, credentials, clock } = this.options;
    return presign({ method, bucketUrl, key: objectKey(container, name), region, credentials: credentials(), seconds, now: clock.now() });
  }

  private place(container: string, name: string): { Bucket: string; Key: string } {
    return { Bucket: this.options.bucket, Key: objectKey(container, name) };
  }
}

function fileStat(name: string, size = 0, lastModified = new Date(0), contentType = DEFAULT_TYPE): FileStat {
  return { name, size, lastModified: lastModified.toISOString(), contentType };
}

function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
