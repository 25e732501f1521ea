import type { FileStat } from "../../ports/files.ts";
import type { Incoming } from "../call.ts";
import { invalidParameter } from "../middleware/query.ts";
import { httpDate } from "../reply.ts";
import { blobEtag } from "./blob-etag.ts";
import { storageHeaders } from "./storage-error.ts";
import { escapeXml } from "./xml.ts";

const MAX_RESULTS = 5000;
const MAX_PREFIX = 1024;

/** A page of a container's blobs, in name order: `prefix`, `marker` and `maxresults` (1 to 5000) of the query; flat, without delimiter. */
export async function listBlobs(request: Incoming, container: string): Promise<Response> {
  const { query } = request;
  const limit = query.integer("maxresults", 1, MAX_RESULTS);
  const prefix = query.get("prefix");
  const marker = query.get("marker");
  for (const [name, value] of Object.entries({ prefix, marker })) {
    if (value !== undefined && value.length > MAX_PREFIX)
      throw invalidParameter(name, value, `It is longer than ${MAX_PREFIX} characters.`);
  }
  if (query.get("delimiter") !== undefined) throw invalidParameter("delimiter", "", "Listings are flat. Leave it out.");
  const { files, next } = await request.ctx.files.list(container, {
    ...(prefix !== undefined && { prefix }),
    ...(marker !== undefined && { after: fromMarker(marker) }),
    limit: limit ?? MAX_RESULTS,
  });
  const asked = [element("Prefix", prefix), element("Marker", marker), element("MaxResults", limit?.toString())].join("");
  const xml =
    `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${escapeXml(`${request.origin}/storage/`)}" ` +
    `ContainerName="${escapeXml(container)}">${asked}<Blobs>${files.map(blob).join("")}</Blobs>` +
    `<NextMarker>${next === undefined ? "" : toMarker(next)}</NextMarker></EnumerationResults>`;
  return new Response(xml, { status: 200, headers: { ...storageHeaders(request), "Content-Type": "application/xml" } });
}

function blob(file: FileStat): string {
  const properties = [
    element("Last-Modified", httpDate(file.lastModified)),
    element("Etag", blobEtag(file).slice(1, -1)),
    element("Content-Length", String(file.size)),
    element("Content-Type", file.contentType),
    element("BlobType", "BlockBlob"),
  ].join("");
  return `<Blob>${element("Name", file.name)}<Properties>${properties}</Properties></Blob>`;
}

function element(name: string, value: string | undefined): string {
  return value === undefined ? "" : `<${name}>${escapeXml(value)}</${name}>`;
}

function toMarker(key: string): string {
  return Buffer.from(key).toString("base64url");
}

function fromMarker(marker: string): string {
  const key = /^[A-Za-z0-9_-]+$/.test(marker) ? Buffer.from(marker, "base64url").toString() : "";
  if (key === "" || toMarker(key) !== marker) throw invalidParameter("marker", marker, "Use the NextMarker of an earlier page as it is.");
  return key;
}
