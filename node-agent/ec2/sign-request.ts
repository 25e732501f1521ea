import { createHash, createHmac } from "node:crypto";

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface RequestToSign {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly service: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The headers of a POST without a query, signed: AWS Signature Version 4. An SDK's client would double what a node holds in memory. */
export function signedHeaders(request: RequestToSign, credentials: RoleCredentials): Record<string, string> {
  const { url, body, service, region, now } = request;
  const { host, pathname } = new URL(url);
  const time = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const given = { ...request.headers, host, "x-amz-date": time, ...(sessionToken ? { "x-amz-security-token": sessionToken } : {}) };
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const names = Object.keys(headers).sort();
  const canonical = ["POST", pathname, "", ...names.map((name) => `${name}:${headers[name]}`), "", names.join(";"), sha256(body)].join(
    "\n",
  );
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, text).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...headers, authorization };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
