import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const MOST_BYTES = 1024 * 1024;

/** Texts that any machine has after `npm ci`: licences, read-mes and change logs of the installed packages, at most `most`, in the order of their paths. */
export function findTexts(root: string, most: number): string[] {
  const found: string[] = [];
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && (entry.name.startsWith("@") || folder === root || folder.startsWith(join(root, "@")))) folders.push(path);
      else if (entry.isFile() && /^(licen[cs]e|copying|readme|changelog|history)/i.test(entry.name) && isText(path)) found.push(path);
    }
  }
  return found.sort().slice(0, most);
}

function isText(path: string): boolean {
  const { size } = statSync(path);
  return size > 0 && size <= MOST_BYTES && !/\.(js|ts|json|html)$/.test(path);
}
