import { isContainerName, isFileName } from "../../../core/domain/file-names.ts";

const MAX_KEY_BYTES = 1024;

/**
 * All containers share a bucket: a file's key is its container, a slash, and its name. S3 and what lies before it take the path segments `.` and `..`
 * for directions, so a segment's leading dot is followed by a `=`; this keeps the order of names, and prefixes.
 */
export function objectKey(container: string, name: string): string {
  return `${container}/${name.replace(/(^|\/)\./g, "$1.=")}`;
}

/** The inverse of {@link objectKey}. */
export function fileName(container: string, key: string): string {
  return key.slice(container.length + 1).replace(/(^|\/)\.=/g, "$1.");
}

/** Whether a file may be there at all. */
export function isStorable(container: string, name: string): boolean {
  return isContainerName(container) && isFileName(name) && keyFits(container, name);
}

/** Throws where the name is a good one and yet too long for S3, which counts the container too. */
export function checkKeyLength(container: string, name: string): void {
  if (keyFits(container, name)) return;
  throw new RangeError(`The file's name is too long: with its container, S3 takes ${MAX_KEY_BYTES} bytes of UTF-8.`);
}

function keyFits(container: string, name: string): boolean {
  return Buffer.byteLength(objectKey(container, name)) <= MAX_KEY_BYTES;
}
