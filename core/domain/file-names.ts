/** Azure Storage's rule for containers. */
const CONTAINER = /^[a-z0-9](?:-?[a-z0-9])*$/;
/** S3 counts bytes; Azure's 1,024 characters are the same for plain names. */
const MAX_NAME_BYTES = 1024;
const LONE_SURROGATE = /\p{Surrogate}/u;

export function isContainerName(container: string): boolean {
  return container.length >= 3 && container.length <= 63 && CONTAINER.test(container);
}

export function isFileName(name: string): boolean {
  return name.length > 0 && Buffer.byteLength(name) <= MAX_NAME_BYTES && !name.includes("\0") && !LONE_SURROGATE.test(name);
}

/** Throws an error that says what a container or file may be called. */
export function checkFileNames(container: string, name: string): void {
  if (!isContainerName(container)) {
    throw new RangeError(
      "A container's name has 3 to 63 of a-z, 0-9 and -, begins and ends with a letter or digit, and has no two - together.",
    );
  }
  if (!isFileName(name)) throw new RangeError(`A file's name has 1 to ${MAX_NAME_BYTES} bytes of UTF-8 and no zero character.`);
}
