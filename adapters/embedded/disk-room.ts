import { statfsSync } from "node:fs";

/** Kept free for a commit's pages, for files that others write meanwhile, and for the person who comes to make room. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** A changed value takes the pages on the way to it with it. */
const WRITTEN_PER_BYTE = 4;

/** The bytes free on the folder's disk for this user, when writing `bytes` to the store would take the last of them; undefined while there is room. */
export function shortOfRoom(folder: string, bytes = 0): number | undefined {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return free < RESERVE_BYTES + bytes * WRITTEN_PER_BYTE ? free : undefined;
}
