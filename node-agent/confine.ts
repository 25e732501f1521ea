import { join } from "node:path";
import { TaskFailure, userError } from "./failures.ts";

/** The absolute path of a relative one below `directory`. Throws {@link TaskFailure} for one that is empty or could lead out of it. */
export function confine(directory: string, path: string, platform: NodeJS.Platform = process.platform): string {
  const windows = platform === "win32";
  const segments = (windows ? path.replaceAll("\\", "/") : path).split("/");
  const absolute = segments[0] === "" || (windows && path.includes(":"));
  const kept = segments.filter((segment) => segment !== "" && segment !== ".");
  if (absolute || kept.length === 0 || kept.includes("..") || path.includes("\0")) {
    throw new TaskFailure(
      userError("ResourceFileCreateFailed", `The filePath "${path.slice(0, 256)}" is not a path below the task's working directory.`),
    );
  }
  return join(directory, ...kept);
}
