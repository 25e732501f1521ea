import { randomUUID } from "node:crypto";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { presign } from "../../adapters/aws/s3/presign.ts";
import { emulator } from "../support/emulator.ts";
import { s3Files } from "../support/s3-files.ts";

describe("a presigned URL", () => {
  const example = {
    method: "GET",
    bucketUrl: "https://examplebucket.s3.amazonaws.com",
    key: "test.txt",
    region: "us-east-1",
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
    seconds: 86_400,
    now: Date.UTC(2013, 4, 24),
  } as const;

  it("is what AWS's documentation gives for its example", () => {
    expect(presign(example)).toBe(
      "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256" +
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    );
  });

  it("carries a session's token, and escapes what a name may hold", () => {
    const url = presign({ ...example, key: "a b/(é)'+.txt", credentials: { ...example.credentials, sessionToken: "a/b=" } });
    expect(url).toContain("/a%20b/%28%C3%A9%29%27%2B.txt?");
    expect(url).toContain("&X-Amz-Security-Token=a%2Fb%3D&");
    // As AWS's own library for Python signs the same.
    expect(url).toContain("&X-Amz-Signature=638ca5f4a2bd8a62b1c5c61ed7a5daf0b6d054b32b8af36426291936c3bddd33");
  });

  describe.skipIf(emulator().missing)("on the emulator", () => {
    it("reads and writes one file without another credential", async () => {
      const { files, client, bucket } = s3Files(`box-${randomUUID()}`);
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const put = await fetch(files.urlFor("box", "out/.hidden é.txt", ["write"], 60), {
        method: "PUT",
        body: "hello",
        headers: { "x-ms-blob-type": "BlockBlob", "content-type": "text/plain" },
      });
      expect(put.status).toBe(200);
      const get = await fetch(files.urlFor("box", "out/.hidden é.txt", ["read"], 60), { headers: { range: "bytes=1-2" } });
      expect([get.status, await get.text()]).toEqual([206, "el"]);
      expect(await files.stat("box", "out/.hidden é.txt")).toMatchObject({ size: 5, contentType: "text/plain" });
      client.destroy();
    });

    it("is the service's own where S3 has none: for a container, for two purposes, for longer than an hour", () => {
      const { files } = s3Files("box");
      for (const url of [
        files.urlFor("box", undefined, ["write"], 60),
        files.urlFor("box", "a", ["read", "write"], 60),
        files.urlFor("box", "a", ["delete"], 60),
        files.urlFor("box", "a", ["read"], 86_400),
      ]) {
        expect(url).toMatch(/^https:\/\/shoal\.example\/storage\/box/);
      }
      expect(files.urlFor("box", "a", ["read"], 3_600)).toContain("X-Amz-Signature");
    });

    it("moves a large file in parts", async () => {
      const { files, client, bucket } = s3Files(`box-${randomUUID()}`);
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const chunk = new Uint8Array(1024 * 1024 + 7).map((_, n) => n % 251);
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => (sent++ < 20 ? controller.enqueue(chunk) : controller.close()),
      });
      expect(await files.put("box", "large", body, "video/mp4")).toMatchObject({ size: 20 * chunk.length, contentType: "video/mp4" });
      const back = Buffer.from(await new Response(await files.read("box", "large")).arrayBuffer());
      expect(back.equals(Buffer.concat(Array.from({ length: 20 }, () => chunk)))).toBe(true);
      client.destroy();
    });
  });
});
