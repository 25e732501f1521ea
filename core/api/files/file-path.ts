import { Refusal } from "../../domain/errors.ts";

export const MAX_PATH_BYTES = 4096;

/**
 * The path that the rest of a request's raw URL path names: decoded once, `/`-separated. Throws InvalidUri for what can name no file
 * below a root: absolute, with `.` or `..` or empty parts, a backslash, a control character, or bytes that are not UTF-8.
 */
export function decodeFilePath(raw: string): string {
  const path = decodeOnce(raw);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw unfit(`It is longer than ${MAX_PATH_BYTES} bytes.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(path)) throw unfit("It holds a backslash or a control character.");
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    throw unfit("It must be relative, without empty parts, '.' and '..'.");
  return path;
}

/** A path as a URL carries it, its slashes kept. */
export function encodeFilePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** One percent-decoding. Throws InvalidUri. */
export function decodeOnce(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw unfit("It is not percent-encoded UTF-8.");
  }
}

function unfit(reason: string): Refusal {
  return new Refusal("InvalidUri", { Reason: `The path in the URI is not valid. ${reason}` });
}
