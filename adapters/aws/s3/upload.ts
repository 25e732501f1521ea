import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { parts } from "./parts.ts";

const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;

export interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string;
}

/**
 * Puts a body in place as a whole, or not at all: in one request where it is small, otherwise in parts that become the object together. Holds at
 * most two parts of 8 MiB in memory. Throws what the body throws.
 */
export async function upload(client: S3Client, target: Target, body: ReadableStream<Uint8Array> | Uint8Array): Promise<void> {
  if (body instanceof Uint8Array) {
    await client.send(new PutObjectCommand({ ...target, Body: body }));
    return;
  }
  const pieces = parts(body, PART_BYTES);
  const first = await pieces.next();
  const second = first.done ? first : await pieces.next();
  if (first.done || second.done) {
    await client.send(new PutObjectCommand({ ...target, Body: first.value ?? new Uint8Array() }));
    return;
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const place = { Bucket: target.Bucket, Key: target.Key, UploadId };
  try {
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    const add = async (Body: Uint8Array) => {
      const PartNumber = Parts.length + 1;
      if (PartNumber > MAX_PARTS) throw new RangeError(`A file sent as a stream has at most ${MAX_PARTS * PART_BYTES} bytes.`);
      const { ETag } = await client.send(new UploadPartCommand({ ...place, PartNumber, Body }));
      Parts.push({ ETag, PartNumber });
    };
    await add(first.value);
    await add(second.value);
    for await (const piece of pieces) await add(piece);
    await client.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts } }));
  } catch (error) {
    await abort(client, place, error);
    throw error;
  }
}

/** What was sent is not kept. Where that fails too, the bucket's rule for unfinished uploads removes it in time. */
async function abort(
  client: S3Client,
  place: { Bucket: string; Key: string; UploadId: string | undefined },
  cause: unknown,
): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand(place));
  } catch (error) {
    throw new AggregateError([cause, error], `The upload of ${place.Key} failed, and its parts could not be removed.`);
  }
}
