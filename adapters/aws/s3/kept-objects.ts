import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import type { JobRef, TaskRef } from "../../../core/domain/refs.ts";
import type { ByteRange, NodeFileStat } from "../../../core/ports/files.ts";
import { isMissing, isPastEnd } from "./errors.ts";

/** No container's name can begin so. */
const PREFIX = "_outputs/";
const OUTPUT = /^workitems\/([^/]+)\/job-1\/([^/]+)\/(stdout\.txt|stderr\.txt)$/;
const DIRECTORY = /^workitems\/([^/]+)\/job-1\/([^/]+)$/;

/** What is kept of the task outputs of nodes that are gone: stdout.txt and stderr.txt, by job and task, so that they go with these. */
export class KeptObjects {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  /** Where an output is kept; undefined for what is never kept. Paths are those that the file had below its node's root. */
  static keyOf(machineId: string, path: string): string | undefined {
    const [, jobId, taskId, name] = OUTPUT.exec(path) ?? [];
    return name && `${PREFIX}${jobId}/${taskId}/${machineId}/${name}`;
  }

  async stat(machineId: string, path: string): Promise<NodeFileStat | undefined> {
    const Key = KeptObjects.keyOf(machineId, path);
    if (!Key) return (await this.list(machineId, path)).length > 0 ? directory(path) : undefined;
    try {
      const { ContentLength = 0, LastModified = new Date(0) } = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key }));
      return file(path, ContentLength, LastModified);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async read(machineId: string, path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const Key = KeptObjects.keyOf(machineId, path);
    if (!Key) return undefined;
    const Range = range && { Range: `bytes=${range.start}-${range.end ?? ""}` };
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key, ...Range }));
      return Body?.transformToWebStream() as ReadableStream<Uint8Array> | undefined;
    } catch (error) {
      if (isPastEnd(error)) return new ReadableStream({ start: (controller) => controller.close() });
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** The outputs in a task's directory, in path order; none of any other directory. */
  async list(machineId: string, path: string): Promise<NodeFileStat[]> {
    const [, jobId, taskId] = DIRECTORY.exec(path) ?? [];
    if (!jobId) return [];
    const Prefix = `${PREFIX}${jobId}/${taskId}/${machineId}/`;
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix }));
    return Contents.map(({ Key = "", Size = 0, LastModified = new Date(0) }) =>
      file(`${path}/${Key.slice(Prefix.length)}`, Size, LastModified),
    );
  }

  async forget(of: TaskRef | JobRef): Promise<void> {
    const Prefix = "taskId" in of ? `${PREFIX}${of.jobId}/${of.taskId}/` : `${PREFIX}${of.jobId}/`;
    for (;;) {
      const { Contents = [], IsTruncated } = await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix }));
      if (Contents.length > 0) {
        const Objects = Contents.map(({ Key }) => ({ Key }));
        const { Errors = [] } = await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } }));
        if (Errors[0]) throw new Error(`${Errors.length} kept outputs could not be deleted: ${Errors[0].Code} ${Errors[0].Message}.`);
      }
      if (!IsTruncated) return;
    }
  }
}

function file(path: string, size: number, at: Date): NodeFileStat {
  const time = at.toISOString();
  return { path, directory: false, size, creationTime: time, lastModified: time, mode: "0100644", contentType: "text/plain" };
}

function directory(path: string): NodeFileStat {
  const time = new Date(0).toISOString();
  return { path, directory: true, size: 0, creationTime: time, lastModified: time, contentType: "application/octet-stream" };
}
