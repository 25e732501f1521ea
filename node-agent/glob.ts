import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { codeOf } from "./log.ts";

/** So many files and directories are looked at for one pattern. */
const MOST_ENTRIES = 100_000;
const WILD = /[*?[]/;

export interface Match {
  /** Absolute. */
  readonly path: string;
  /** Below the part of the pattern that has no wildcards, with `/` between its parts. */
  readonly name: string;
}

export class GlobError extends Error {}

export function isWild(pattern: string): boolean {
  return WILD.test(pattern);
}

/**
 * The files that a pattern matches, in the order of their names: `*` any characters of a name, `**` also of directories, `?` one character, `[a-c]` and `[!a-c]`
 * one of these, or none. A relative pattern is below `working`. Throws {@link GlobError} where it leads out of `root`, or to too many files.
 */
export async function findFiles(pattern: string, working: string, root: string): Promise<Match[]> {
  const whole = isAbsolute(pattern) ? pattern : join(working, pattern);
  const parts = whole.split(/[/\\]/);
  const wildAt = parts.findIndex((part) => WILD.test(part));
  const base = wildAt < 0 ? dirname(resolve(whole)) : resolve(parts.slice(0, wildAt).join("/") || "/");
  if (!isInside(base, root)) throw new GlobError(`the pattern "${pattern}" leads out of the node's directories`);
  const expression = wildAt < 0 ? undefined : toExpression(parts.slice(wildAt).join("/"));
  const names = expression === undefined ? [parts.at(-1) ?? ""] : (await below(base)).filter((name) => expression.test(name)).sort();
  const matches: Match[] = [];
  for (const name of names) {
    const path = join(base, name);
    if (await isFileInside(path, root)) matches.push({ path, name });
  }
  return matches;
}

/** Every name below a directory; links to directories are not followed. */
async function below(base: string): Promise<string[]> {
  const names: string[] = [];
  const open = [""];
  for (let prefix = open.pop(); prefix !== undefined; prefix = open.pop()) {
    for (const entry of await entriesOf(join(base, prefix))) {
      const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) open.push(name);
      else names.push(name);
      if (names.length + open.length > MOST_ENTRIES) throw new GlobError(`there are more than ${MOST_ENTRIES} files to look at`);
    }
  }
  return names;
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** A task may have made a link to anywhere: what it leads to must be the node's own too. */
async function isFileInside(path: string, root: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile() && isInside(await realpath(path), await realpath(root));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw error;
  }
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function toExpression(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const set = /^\[(!?)([^\]/]+)\]/.exec(rest);
    if (rest.startsWith("**/")) [source, at] = [`${source}(?:.*/)?`, at + 3];
    else if (rest.startsWith("**")) [source, at] = [`${source}.*`, at + 2];
    else if (set)
      [source, at] = [`${source}[${set[1] === "" ? "" : "^/"}${(set[2] ?? "").replace(/[\\^[\]]/g, "\\$&")}]`, at + set[0].length];
    else {
      const char = pattern[at] ?? "";
      source += char === "*" ? "[^/]*" : char === "?" ? "[^/]" : char.replace(/[.+^${}()|[\]\\]/g, "\\$&");
      at++;
    }
  }
  return new RegExp(`^${source}$`, "s");
}
