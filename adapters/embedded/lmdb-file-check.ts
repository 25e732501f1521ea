import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";

/**
 * LMDB maps its file into memory and follows what it reads there: on a file that is damaged it may end the whole process. So the
 * file's two meta pages are read here first. Layout as of the data format 2 that lmdb-js writes: a page header of 24 bytes, then
 * magic, version, address, map size, two database records of 48 bytes (the first begins with the page size), last page, transaction.
 */
const META_AT = 24;
const META_BYTES = 136;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const PAGE_SIZE_AT = 24;
const LAST_PAGE_AT = 120;
const TRANSACTION_AT = 128;

/** What is wrong with the file, in words that end a sentence; undefined when nothing is, or there is no file yet. Changes nothing. */
export function damageOf(file: string): string | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const first = readMeta(file, 0);
  const pageSize = first?.readUInt32LE(PAGE_SIZE_AT) ?? 0;
  if (!first || !isMeta(first) || pageSize < 512 || pageSize > 65536) return "does not begin as a data file does";
  const second = readMeta(file, pageSize);
  if (!second || !isMeta(second)) return "has a damaged second page";
  const newest = first.readBigUInt64LE(TRANSACTION_AT) > second.readBigUInt64LE(TRANSACTION_AT) ? first : second;
  const needed = (Number(newest.readBigUInt64LE(LAST_PAGE_AT)) + 1) * pageSize;
  // Pages at the end that are free may never have been written: only a look at all that is in use tells.
  if (size < needed && !readsToTheEnd(file)) return `ends after ${size} of ${needed} bytes`;
  return undefined;
}

function readMeta(file: string, page: number): Buffer | undefined {
  const meta = Buffer.alloc(META_BYTES);
  const handle = openSync(file, "r");
  try {
    return readSync(handle, meta, 0, META_BYTES, page + META_AT) === META_BYTES ? meta : undefined;
  } finally {
    closeSync(handle);
  }
}

function isMeta(meta: Buffer): boolean {
  return meta.readUInt32LE(0) === MAGIC && meta.readUInt32LE(4) === VERSION;
}

/** Reads every item in another process, which may die of it. */
function readsToTheEnd(file: string): boolean {
  const program = `
    const { open } = require(${JSON.stringify(createRequire(import.meta.url).resolve("lmdb"))});
    const root = open({ path: ${JSON.stringify(file)}, noSubdir: true, readOnly: true, overlappingSync: false, keyEncoding: "binary", encoding: "binary" });
    for (const { key } of root.getRange()) {
      const table = root.openDB({ name: key.toString(), keyEncoding: "binary", encoding: "binary" });
      for (const { value } of table.getRange()) value.at(-1);
    }`;
  return spawnSync(process.execPath, ["-e", program], { stdio: "ignore" }).status === 0;
}
