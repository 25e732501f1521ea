import type { Call, Incoming } from "./call.ts";

export const MINIMAL_METADATA = "application/json;odata=minimalmetadata";

/** The headers of every answer. */
export function standardHeaders(request: Incoming): Record<string, string> {
  const headers: Record<string, string> = { DataServiceVersion: "3.0", "request-id": request.requestId };
  if (request.clientRequestId !== undefined) headers["client-request-id"] = request.clientRequestId;
  return headers;
}

export interface Stamp {
  readonly etag: string;
  readonly lastModified: string;
}

/** An action that was accepted or done: no body, and what the resource is now. `resource` is its URL path; a create is told where it lies. */
export function acted(call: Call, status: 200 | 201 | 202 | 204, resource: string, stamp?: Stamp): Response {
  const url = call.origin + resource;
  const headers: Record<string, string> = { ...standardHeaders(call), ...stampHeaders(stamp), DataServiceId: url };
  if (status === 201) headers.Location = url;
  // A 204 has no length; elsewhere, leaving it out would send an empty body in chunks.
  if (status !== 204) headers["Content-Length"] = "0";
  return new Response(null, { status, headers });
}

/** Any JSON answer, rendered already. */
export function document(call: Call, metadata: string, body: Record<string, unknown>, stamp?: Stamp): Response {
  const headers = { ...standardHeaders(call), ...stampHeaders(stamp), "Content-Type": MINIMAL_METADATA };
  return new Response(JSON.stringify({ "odata.metadata": `${call.origin}/$metadata#${metadata}`, ...body }), { status: 200, headers });
}

/** Where the statistics of a resource are to be had, by its URL path. */
export function statsUrl(call: Incoming, resource: string): string {
  return `${call.origin}${resource}?$expand=stats`;
}

function stampHeaders(stamp: Stamp | undefined): Record<string, string> {
  return stamp ? { ETag: stamp.etag, "Last-Modified": httpDate(stamp.lastModified) } : {};
}

/** An ISO time as an HTTP header has it, to the second. */
export function httpDate(iso: string): string {
  return new Date(iso).toUTCString();
}
