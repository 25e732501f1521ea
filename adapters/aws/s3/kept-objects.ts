import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import type { JobRef, TaskRef } from "../../../core/domain/refs.ts";
import { jobDirectory } from "../../../core/domain/work-directory.ts";
import type { ByteRange, NodeFileStat } from "../../../core/ports/files.ts";
import { isMissing, isPastEnd } from "./errors.ts";

/** No container's name can begin so. */
const PREFIX = "_outputs/";
const OUTPUT = /^workitems\/([^/]+\/job-\d+)\/([^/]+)\/(stdout\.txt|stderr\.txt)$/;
const DIRECTORY = /^workitems\/([^/]+\/job-\d+)\/([^/]+)$/;

/** What is kept of the task outputs of nodes that are gone: stdout.txt and stderr.txt, by job and task, so that they go with these. */
export class KeptObjects {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  /** Where an output is kept; undefined for what is never kept. Paths are those that the file had below its node's root. */
  static keyOf(machineId: string, path: string): string | undefined {
    const [, job, taskId, name] = OUTPUT.exec(path) ?? [];
    return name && `${PREFIX}${job}/${taskId}/${machineId}/${name}`;
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
    const [, job, taskId] = DIRECTORY.exec(path) ?? [];
    if (!job) return [];
    const Prefix = `${PREFIX}${job}/${taskId}/${machineId}/`;
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix }));
    return Contents.map(({ Key = "", Size = 0, LastModified = new Date(0) }) =>
      file(`${path}/${Key.slice(Prefix.length)}`, Size, LastModified),
    );
  }

  async forget(of: TaskRef | JobRef): Promise<void> {
    const job = `${PREFIX}${jobDirectory(of.jobId)}/`;
    const Prefix = "taskId" in of ? `${job}${of.taskId}/` : job;
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
