import { randomUUID } from "node:crypto";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { describe } from "vitest";
import { filesContract } from "../../contract/files-contract.ts";
import { emulator } from "../../support/emulator.ts";
import { s3Files } from "../../support/s3-files.ts";

const { missing } = emulator();

describe.skipIf(missing)("on the emulator", () => {
  filesContract("the file store on S3", async () => {
    const { files, client, bucket } = s3Files(`box-${randomUUID()}`);
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return { files, maxNameBytes: 1024 - "a-b-3/".length, close: async () => client.destroy() };
  });
});
