import { mkdir } from "node:fs/promises";
import { confine } from "./confine.ts";
import { download, withRetries } from "./download.ts";
import { FetchError, get } from "./http-get.ts";

/** A page of a listing holds at most 5,000 names of at most 1,024 characters. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;

export interface ContainerRequest {
  /** Only files whose names begin so. */
  readonly prefix: string;
  readonly working: string;
  /** Directory below the working directory, or empty. */
  readonly under: string;
  readonly mode: number;
}

/**
 * Downloads a container's files, by the listing of Azure Storage, into a directory; `/` in a name makes directories. The URL's query (its
 * signature) goes with every request. Throws as {@link download} does.
 */
export async function fetchContainer(containerUrl: string, request: ContainerRequest, signal: AbortSignal): Promise<void> {
  let marker = "";
  do {
    const url = listingUrl(containerUrl, request.prefix, marker);
    const page = parseListing(await withRetries(url, request.under, signal, () => readPage(url, signal)));
    for (const name of page.names) await fetchOne(containerUrl, name, request, signal);
    marker = page.next;
  } while (marker !== "");
}

async function fetchOne(containerUrl: string, name: string, request: ContainerRequest, signal: AbortSignal): Promise<void> {
  const local = request.under === "" ? name : `${request.under}/${name}`;
  const path = confine(request.working, local);
  // A name that ends so stands for a directory, as tools for hierarchical storage make them.
  if (name.endsWith("/")) await mkdir(path, { recursive: true, mode: 0o770 });
  else await download(blobUrl(containerUrl, name), { path, name: local, mode: request.mode }, signal);
}

export function listingUrl(containerUrl: string, prefix: string, marker: string): string {
  const url = parse(containerUrl);
  url.searchParams.set("restype", "container");
  url.searchParams.set("comp", "list");
  if (prefix !== "") url.searchParams.set("prefix", prefix);
  if (marker !== "") url.searchParams.set("marker", marker);
  return url.href;
}

export function blobUrl(containerUrl: string, name: string): string {
  const url = parse(containerUrl);
  const folder = url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`;
  url.pathname = folder + name.split("/").map(encodeURIComponent).join("/");
  return url.href;
}

/** The names of a page of a listing, and the marker of the next page (empty on the last). */
export function parseListing(xml: string): { names: string[]; next: string } {
  const names: string[] = [];
  for (const [, blob = ""] of xml.matchAll(/<Blob>(.*?)<\/Blob>/gs)) {
    const name = /<Name(\s+Encoded="true")?\s*>(.*?)<\/Name>/s.exec(blob);
    if (name?.[2] === undefined) continue;
    const text = unescapeXml(name[2]);
    names.push(name[1] === undefined ? text : decodeURIComponent(text));
  }
  return { names, next: unescapeXml(/<NextMarker>(.*?)<\/NextMarker>/s.exec(xml)?.[1] ?? "") };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number.parseInt(decimal, 10));
    return ENTITIES[name ?? ""] ?? whole;
  });
}

async function readPage(url: string, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await get(url, signal)) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_PAGE_BYTES) throw new FetchError("BlobDownloadMiscError", "its listing is too long", false);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(url: string): URL {
  if (URL.canParse(url)) return new URL(url);
  throw new FetchError("BlobDownloadMiscError", "the container's URL is not a URL", false);
}
