import { statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { launchFailed, programNotFound, TaskFailure } from "./failures.ts";

/**
 * Finds a program as execvp does: a name with a slash is a path from the working directory, any other is looked up in the task's own PATH.
 * Throws {@link TaskFailure}.
 */
export function findProgram(name: string, env: Readonly<Record<string, string>>, cwd: string): string {
  const windows = process.platform === "win32";
  const isPath = name.includes("/") || (windows && name.includes("\\"));
  const folders = isPath ? [""] : (env.PATH ?? env.Path ?? "").split(delimiter);
  const endings = windows ? ["", ...(env.PATHEXT ?? ".COM;.EXE;.BAT;.CMD").split(";")] : [""];
  let refused: string | undefined;
  for (const folder of folders) {
    for (const ending of endings) {
      const path = isPath ? resolve(cwd, name + ending) : join(isAbsolute(folder) ? folder : resolve(cwd, folder), name + ending);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined) continue;
      if (found.isFile() && (windows || (found.mode & 0o111) !== 0)) return path;
      refused ??= path;
    }
  }
  if (refused === undefined) throw new TaskFailure(programNotFound(name));
  throw new TaskFailure(
    launchFailed(`"${refused}" is not a file that may be executed. Set its fileMode, or run it through its interpreter.`),
  );
}
