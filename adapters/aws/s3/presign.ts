import { createHash, createHmac } from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface PresignOptions {
  readonly method: "GET" | "PUT";
  /** The bucket's address without a slash at the end, by host (`https://bucket.s3.eu-west-1.amazonaws.com`) or by path. */
  readonly bucketUrl: string;
  readonly key: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Good for so many seconds after `now`; no longer than the credentials are. At most 604,800. */
  readonly seconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A URL of an object that needs no other credential: AWS Signature Version 4 in the query. Made without a call to AWS. */
export function presign({ method, bucketUrl, key, region, credentials, seconds, now }: PresignOptions): string {
  const url = new URL(bucketUrl);
  const time = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const path = `${url.pathname === "/" ? "" : url.pathname}/${key.split("/").map(encode).join("/")}`;
  const query = Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${credentials.accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(seconds),
    ...(credentials.sessionToken === undefined ? {} : { "X-Amz-Security-Token": credentials.sessionToken }),
    "X-Amz-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join("&");
  const request = [method, path, query, `host:${url.host}\n`, "host", "UNSIGNED-PAYLOAD"].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(request).digest("hex")].join("\n");
  const signingKey = scope.split("/").reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  return `${url.origin}${path}?${query}&X-Amz-Signature=${hmac(signingKey, text).toString("hex")}`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** As RFC 3986 has it, which is stricter than the language. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
