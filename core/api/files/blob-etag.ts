import type { FileStat } from "../../ports/files.ts";

/** Quoted, as Azure Storage's are; a file that is replaced gets another time or size. */
export function blobEtag(stat: FileStat): string {
  return `"0x${Date.parse(stat.lastModified).toString(16).toUpperCase()}${stat.size.toString(16).toUpperCase()}"`;
}
