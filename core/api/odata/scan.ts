import type { Listing, PageRequest } from "../../services/context.ts";

/** A filtered page looks at no more than so many items; then it is given out as it is, with a link to go on. */
export const MAX_SCANNED = 10_000;
const CHUNK = 1000;

type Read<T> = (page: PageRequest) => Promise<Listing<T>>;

/** At most `limit` items that pass, in the listing's order; the page may be short, or empty, and still not be the last. */
export async function scan<T>(read: Read<T>, passes: (item: T) => boolean, after: string | undefined, limit: number): Promise<Listing<T>> {
  const found: T[] = [];
  let position = after;
  for (let scanned = 0; scanned < MAX_SCANNED; ) {
    const chunk = await readFitting(read, passes, position, limit - found.length);
    found.push(...chunk.items.filter(passes));
    scanned += Math.max(chunk.items.length, 1);
    position = chunk.next;
    if (position === undefined || found.length >= limit) break;
  }
  return { items: found, ...(position !== undefined && { next: position }) };
}

/**
 * A chunk no more than `room` items of which pass. Keys to go on from exist only at a chunk's end, so one that holds too many is read
 * again, cut behind the last item there is room for; what then changed meanwhile is read once more, at a size that always fits.
 */
async function readFitting<T>(read: Read<T>, passes: (item: T) => boolean, after: string | undefined, room: number): Promise<Listing<T>> {
  let limit = Math.max(CHUNK, room);
  for (const last of [false, true]) {
    const chunk = await read(request(after, limit));
    const cut = indexOfMatch(chunk.items, passes, room);
    if (cut === undefined) return chunk;
    limit = last ? room : cut + 1;
  }
  return read(request(after, limit));
}

/** Index of the `count`-th item that passes; undefined where no more than `count` pass. */
function indexOfMatch<T>(items: readonly T[], passes: (item: T) => boolean, count: number): number | undefined {
  let seen = 0;
  let index: number | undefined;
  for (let at = 0; at < items.length; at++) {
    if (!passes(items[at] as T)) continue;
    if (++seen === count) index = at;
    if (seen > count) return index;
  }
  return undefined;
}

function request(after: string | undefined, limit: number): PageRequest {
  return after === undefined ? { limit } : { after, limit };
}
