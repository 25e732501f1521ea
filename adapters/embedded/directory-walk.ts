import { readdir } from "node:fs/promises";
import { compareUtf8 } from "../utf8-order.ts";
import { isMissing } from "./confined-path.ts";

/**
 * The paths below a directory, in the order of their UTF-8 bytes, those after `after`. Links are named and not followed. Holds the
 * names of the directories on the way, never the whole tree. `place` says where a path lies on the disk.
 */
export async function* walkDirectory(
  place: (path: string) => Promise<string | undefined>,
  path: string,
  options: { readonly recursive: boolean; readonly after?: string },
): AsyncGenerator<string> {
  const { recursive, after } = options;
  const before = path === "" ? "" : `${path}/`;
  // What is below `a` comes where `a/` stands: after `a-`, say, though `a` itself comes before it.
  const steps: string[] = [];
  for (const entry of await entriesOf(await place(path))) {
    steps.push(before + entry.name);
    if (recursive && entry.isDirectory()) steps.push(`${before}${entry.name}/`);
  }
  for (const step of steps.sort(compareUtf8)) {
    if (!step.endsWith("/")) {
      if (after === undefined || compareUtf8(step, after) > 0) yield step;
    } else if (after === undefined || compareUtf8(step, after) > 0 || after.startsWith(step)) {
      yield* walkDirectory(place, step.slice(0, -1), options);
    }
  }
}

/** None where the directory has gone. */
async function entriesOf(place: string | undefined) {
  if (place === undefined) return [];
  try {
    return await readdir(place, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
