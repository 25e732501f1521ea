import { Refusal } from "../../domain/errors.ts";
import { isContainerName, isFileName } from "../../domain/file-names.ts";
import { checkSignedUrl } from "../../domain/signed-url.ts";
import type { FileStat, Permission } from "../../ports/files.ts";
import { UPLOAD_PLACE } from "../../protocol/upload-place.ts";
import type { ApiContext, Incoming } from "../call.ts";
import type { Account } from "../middleware/admission.ts";
import { contentLength } from "../middleware/body.ts";
import { httpDate } from "../reply.ts";
import { blobEtag } from "./blob-etag.ts";
import { listBlobs } from "./blob-listing.ts";
import { countedUpTo } from "./counted-stream.ts";
import { decodeFilePath, decodeOnce } from "./file-path.ts";
import { parseRange } from "./range.ts";
import { StorageRefusal, storageHeaders } from "./storage-error.ts";

/** Azure's limit for one Put Blob. */
export const MAX_BLOB_BYTES = 5000 * 1024 * 1024;

const PLACE_SECONDS = 3_600;

/** The container or blob that a request names, and the request. */
interface Target {
  readonly request: Incoming;
  readonly container: string;
  readonly name?: string;
}

/** `/storage/{container}[/{blob}]`: the few operations of Azure Storage that clients and agents move files with, by signed URL alone. */
export async function handleStorage(c: ApiContext, account: Account): Promise<Response> {
  const request = c.get("incoming");
  const target = parseTarget(request);
  const { query } = request;
  const list = query.get("restype") === "container" && query.get("comp") === "list";
  const asks = c.req.method === "GET" && query.get("comp") === UPLOAD_PLACE;
  if (!list && !asks && (query.get("comp") !== undefined || query.get("restype") !== undefined))
    throw new StorageRefusal("UnsupportedQueryParameter");
  await authorize(target, list ? "list" : asks ? "write" : permissionFor(c.req.method), account);
  if (list) return listBlobs(request, target.container);
  const { container, name } = target;
  if (name === undefined) throw new StorageRefusal("UnsupportedHttpVerb");
  if (asks) return tellPlace(request, container, name);
  switch (c.req.method) {
    case "PUT":
      return putBlob(c.req.raw, request, container, name);
    case "DELETE":
      return deleteBlob(request, container, name);
    default:
      return getBlob(c.req.raw, request, container, name);
  }
}

function parseTarget(request: Incoming): Target {
  const [, , first = "", ...rest] = request.path.split("/");
  const container = parseContainer(first);
  if (rest.length === 0 || (rest.length === 1 && rest[0] === "")) return { request, container };
  try {
    const name = decodeFilePath(rest.join("/"));
    if (!isFileName(name)) throw new StorageRefusal("InvalidResourceName");
    return { request, container, name };
  } catch (error) {
    throw error instanceof Refusal ? new StorageRefusal("InvalidResourceName") : error;
  }
}

/** A container's name, from its part of a URL's path. Throws InvalidResourceName. */
export function parseContainer(raw: string): string {
  const name = decodeOnce(raw);
  if (!isContainerName(name)) throw new StorageRefusal("InvalidResourceName");
  return name;
}

function permissionFor(method: string): Permission {
  switch (method) {
    case "GET":
    case "HEAD":
      return "read";
    case "PUT":
      return "write";
    case "DELETE":
      return "delete";
    default:
      throw new StorageRefusal("UnsupportedHttpVerb");
  }
}

async function authorize({ request, container, name }: Target, permission: Permission, account: Account): Promise<void> {
  const [sp, se, sr, sig] = ["sp", "se", "sr", "sig"].map((parameter) => request.query.get(parameter));
  const wanted = { container, name, permission };
  const verdict = checkSignedUrl({ sp, se, sr, sig }, wanted, await account.keys(), request.ctx.clock.now());
  if (verdict === "not-permitted") throw new StorageRefusal("AuthorizationPermissionMismatch");
  if (verdict !== "granted") throw new StorageRefusal("AuthenticationFailed");
}

/** Where the blob may be put for an hour, of any size that a store takes at once: the function behind this endpoint may take less. */
function tellPlace(request: Incoming, container: string, name: string): Response {
  const url = request.ctx.files.urlFor(container, name, ["write"], PLACE_SECONDS);
  return new Response(url, { status: 200, headers: { ...storageHeaders(request), "Content-Type": "text/plain" } });
}

async function putBlob(raw: Request, request: Incoming, container: string, name: string): Promise<Response> {
  const length = contentLength(raw.headers);
  if (length !== undefined && length > MAX_BLOB_BYTES) throw new Refusal("RequestBodyTooLarge", { MaxLimit: String(MAX_BLOB_BYTES) });
  const body =
    length === 0 || raw.body === null ? new Uint8Array() : length === undefined ? countedUpTo(MAX_BLOB_BYTES, raw.body) : raw.body;
  const type = raw.headers.get("x-ms-blob-content-type") ?? raw.headers.get("content-type");
  const stat = await request.ctx.files.put(container, name, body, type ?? "application/octet-stream");
  return new Response(null, { status: 201, headers: { ...empty(request), ...stampOf(stat) } });
}

async function getBlob(raw: Request, request: Incoming, container: string, name: string): Promise<Response> {
  const stat = await request.ctx.files.stat(container, name);
  if (!stat) throw new StorageRefusal("BlobNotFound");
  const asked = raw.headers.get("x-ms-range") ?? raw.headers.get("range");
  const range = raw.method === "HEAD" ? undefined : parseRange("Range", asked, stat.size);
  const headers: Record<string, string> = {
    ...storageHeaders(request),
    ...stampOf(stat),
    "Accept-Ranges": "bytes",
    "Content-Length": String(range ? range.end - range.start + 1 : stat.size),
    "Content-Type": stat.contentType,
    "x-ms-blob-type": "BlockBlob",
  };
  if (raw.method === "HEAD" || stat.size === 0) return new Response(null, { status: 200, headers });
  const content = await request.ctx.files.read(container, name, range ?? { start: 0, end: stat.size - 1 });
  if (!content) throw new StorageRefusal("BlobNotFound");
  if (!range) return new Response(content, { status: 200, headers });
  return new Response(content, { status: 206, headers: { ...headers, "Content-Range": `bytes ${range.start}-${range.end}/${stat.size}` } });
}

async function deleteBlob(request: Incoming, container: string, name: string): Promise<Response> {
  if (!(await request.ctx.files.remove(container, name))) throw new StorageRefusal("BlobNotFound");
  return new Response(null, { status: 202, headers: empty(request) });
}

function stampOf(stat: FileStat): Record<string, string> {
  return { ETag: blobEtag(stat), "Last-Modified": httpDate(stat.lastModified) };
}

function empty(request: Incoming): Record<string, string> {
  return { ...storageHeaders(request), "Content-Length": "0" };
}
