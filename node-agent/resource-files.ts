import type { ResourceFile } from "../core/domain/specs.ts";
import { confine } from "./confine.ts";
import { fetchContainer } from "./container-files.ts";
import { download } from "./download.ts";
import { TaskFailure, userError } from "./failures.ts";

const DEFAULT_MODE = 0o770;

/**
 * Brings a task's resource files into its working directory. Throws {@link TaskFailure} for the first that cannot be had, or the file system's
 * error; stops at once when the signal aborts.
 */
export async function fetchResourceFiles(files: readonly ResourceFile[], working: string, signal: AbortSignal): Promise<void> {
  for (const file of files) {
    const mode = fileMode(file.fileMode);
    if (file.httpUrl !== undefined) {
      await download(file.httpUrl, { path: confine(working, file.filePath ?? ""), name: file.filePath ?? "", mode }, signal);
    } else if (file.storageContainerUrl !== undefined) {
      await fetchContainer(file.storageContainerUrl, { prefix: file.blobPrefix ?? "", working, under: file.filePath ?? "", mode }, signal);
    } else {
      throw new TaskFailure(userError("BlobDownloadMiscError", "A resource file names neither an httpUrl nor a storageContainerUrl."));
    }
  }
}

function fileMode(octal: string | undefined): number {
  if (octal === undefined) return DEFAULT_MODE;
  if (/^[0-7]{1,5}$/.test(octal)) return Number.parseInt(octal, 8) & 0o7777;
  throw new TaskFailure(userError("BlobDownloadMiscError", `The fileMode "${octal}" is not an octal number such as 0755.`));
}
