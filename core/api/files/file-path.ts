import { Refusal } from "../../domain/errors.ts";

export const MAX_PATH_BYTES = 4096;

/** The path that the rest of a request's raw URL path names: decoded once, `/`-separated. Throws InvalidUri for what {@link pathFault} finds. */
export function decodeFilePath(raw: string): string {
  const path = decodeOnce(raw);
  const fault = pathFault(path);
  if (fault !== undefined) throw unfit(fault);
  return path;
}

/**
 * Why a path can name no file below a root, for the client; undefined where it can. Such are: absolute, with `.` or `..` or empty
 * parts, a backslash, a control character, or longer than any file system takes.
 */
export function pathFault(path: string): string | undefined {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `It is longer than ${MAX_PATH_BYTES} bytes.`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return "It holds a backslash or a control character.";
  const outside = path.split("/").some((part) => part === "" || part === "." || part === "..");
  return outside ? "It must be relative, without empty parts, '.' and '..'." : undefined;
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
