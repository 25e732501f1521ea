import { Refusal } from "../../domain/errors.ts";
import type { Incoming } from "../call.ts";
import { asRefusal } from "../errors.ts";
import { escapeXml } from "./xml.ts";

/** The refusals that are the storage endpoint's own, by Azure Storage's codes. */
const catalog = {
  AuthenticationFailed: [403, "The URL's signature is missing, not valid or expired. Ask for a new URL."],
  AuthorizationPermissionMismatch: [403, "The URL's signature does not permit this operation."],
  BlobNotFound: [404, "There is no such blob."],
  InvalidResourceName: [
    400,
    "A container's name has 3 to 63 lower-case letters, digits and single hyphens; a blob's is a path without '.' and '..', of at most 1,024 bytes.",
  ],
  UnsupportedHttpVerb: [405, "The resource does not support this verb."],
  UnsupportedQueryParameter: [400, "The query asks for an operation that is not supported. Upload a blob as a whole, by Put Blob."],
} as const;

export type StorageErrorCode = keyof typeof catalog;

export class StorageRefusal extends Error {
  readonly status: number;
  constructor(readonly code: StorageErrorCode) {
    super(catalog[code][1]);
    this.name = "StorageRefusal";
    this.status = catalog[code][0];
  }
}

/** The headers of every answer of the storage endpoint. */
export function storageHeaders(request: Incoming): Record<string, string> {
  return { "x-ms-request-id": request.requestId, "x-ms-version": "2021-12-02" };
}

/** An error in Azure Storage's form; a HEAD has the code in a header alone. */
export function storageErrorResponse(error: unknown, request: Incoming, head: boolean): Response {
  const { status, code, message } = error instanceof StorageRefusal || error instanceof Refusal ? error : asRefusal(error);
  const headers = { ...storageHeaders(request), "x-ms-error-code": code };
  if (head || status === 304) return new Response(null, { status, headers });
  const time = new Date(request.ctx.clock.now()).toISOString();
  const text = escapeXml(`${message}\nRequestId:${request.requestId}\nTime:${time}`);
  const xml = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  return new Response(xml, { status, headers: { ...headers, "Content-Type": "application/xml" } });
}
