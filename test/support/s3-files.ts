import { S3Client } from "@aws-sdk/client-s3";
import { S3FileStore } from "../../adapters/aws/s3/s3-file-store.ts";
import { signUrl } from "../../core/domain/signed-url.ts";
import { TEST_AWS } from "./dynamo-table.ts";
import { emulator } from "./emulator.ts";

/** A file store on a bucket of the emulator, which is still to be made. */
export function s3Files(bucket: string): { files: S3FileStore; client: S3Client; bucket: string } {
  const { config, url } = emulator();
  const client = new S3Client({ ...config, forcePathStyle: true });
  const files = new S3FileStore({
    client,
    bucket,
    bucketUrl: `${url}/${bucket}`,
    region: TEST_AWS.region,
    credentials: () => TEST_AWS.credentials,
    clock: { now: () => Date.now() },
    endpointUrl: (container, name, permissions, seconds) =>
      signUrl({ key: "a2V5", baseUrl: "https://shoal.example/storage", container, name, permissions, seconds, now: Date.now() }),
  });
  return { files, client, bucket };
}
