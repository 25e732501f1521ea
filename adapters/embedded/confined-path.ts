import { realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

/** Whether the path is relative, `/`-separated, and without `.`, `..` or empty parts. The empty path is the root itself. */
function isPlain(path: string): boolean {
  if (path === "") return true;
  if (path.includes("\0") || (sep === "\\" && /[\\:]/.test(path))) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

export function isWithin(root: string, place: string): boolean {
  const way = relative(root, place);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !way.startsWith(sep) && !/^[A-Za-z]:/.test(way));
}

/** Where the path really leads, all links followed; undefined when nothing is there, or it lies outside the root. */
export async function confined(root: string, path: string): Promise<string | undefined> {
  if (!isPlain(path)) return undefined;
  try {
    const [realRoot, place] = await Promise.all([realpath(root), realpath(join(root, path))]);
    return isWithin(realRoot, place) ? place : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The place of the entry itself: links on the way are followed and confined, but the entry may be a link. The root itself has none. */
export async function confinedEntry(root: string, path: string): Promise<string | undefined> {
  if (path === "" || !isPlain(path)) return undefined;
  const parent = dirname(path);
  const place = await confined(root, parent === "." ? "" : parent);
  return place && join(place, path.slice(path.lastIndexOf("/") + 1));
}

/** There is nothing there, or no way to it. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].includes((error as NodeJS.ErrnoException).code ?? "");
}
