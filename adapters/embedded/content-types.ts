import { extname } from "node:path";

export const ANY_CONTENT = "application/octet-stream";

const BY_EXTENSION: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".gz": "application/gzip",
  ".htm": "text/html",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".log": "text/plain",
  ".md": "text/markdown",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".tar": "application/x-tar",
  ".txt": "text/plain",
  ".xml": "application/xml",
  ".zip": "application/zip",
};

/** By the name's extension; {@link ANY_CONTENT} where that says nothing. */
export function contentTypeOf(name: string): string {
  return BY_EXTENSION[extname(name).toLowerCase()] ?? ANY_CONTENT;
}
