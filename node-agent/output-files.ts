import type { FailureInfo, OutputFile } from "../core/domain/specs.ts";
import { blobUrl } from "./container-files.ts";
import type { Environment } from "./environment.ts";
import { serverError, userError } from "./failures.ts";
import { findFiles, GlobError, isWild } from "./glob.ts";
import { putFile, UploadError } from "./http-put.ts";
import { messageOf } from "./log.ts";

export interface Outputs {
  readonly files: readonly OutputFile[];
  readonly working: string;
  /** The node's root: no file outside of it is uploaded. */
  readonly root: string;
  readonly environment: Environment;
  readonly succeeded: boolean;
}

/**
 * Uploads what a task's output files ask for after such an end; answers what went wrong with the first that could not be. A pattern that matches nothing
 * is no failure. Rejects only when the signal aborts.
 */
export async function uploadOutputs(outputs: Outputs, signal: AbortSignal): Promise<FailureInfo | undefined> {
  for (const file of outputs.files) {
    const { uploadCondition } = file.uploadOptions;
    const wanted = uploadCondition === "taskcompletion" || (uploadCondition === "tasksuccess") === outputs.succeeded;
    const { container } = file.destination;
    if (!wanted || container === undefined) continue;
    try {
      await uploadMatches(file, container, outputs, signal);
    } catch (error) {
      signal.throwIfAborted();
      return failure(error, file.filePattern, container.containerUrl);
    }
  }
  return undefined;
}

async function uploadMatches(
  { filePattern }: OutputFile,
  container: NonNullable<OutputFile["destination"]["container"]>,
  { working, root, environment }: Outputs,
  signal: AbortSignal,
): Promise<void> {
  const pattern = expand(filePattern, environment);
  for (const { path, name } of await findFiles(pattern, working, root)) {
    await putFile(
      blobUrl(container.containerUrl, nameOf(container.path, name, isWild(pattern))),
      path,
      container.uploadHeaders ?? [],
      signal,
    );
  }
}

/** With wildcards the destination's path is a directory, else the name itself. */
function nameOf(path: string | undefined, name: string, wild: boolean): string {
  if (path === undefined || path === "") return name;
  return wild ? `${path.replace(/\/+$/, "")}/${name}` : path;
}

function expand(pattern: string, environment: Environment): string {
  return pattern.replace(/\$\{(\w+)\}|\$(\w+)|%(\w+)%/g, (whole, braced?: string, plain?: string, windows?: string) => {
    return environment[braced ?? plain ?? windows ?? ""] ?? whole;
  });
}

function failure(error: unknown, pattern: string, containerUrl: string): FailureInfo {
  const [withoutSignature = ""] = containerUrl.split("?");
  const details = [
    { name: "FilePattern", value: pattern },
    { name: "ContainerUrl", value: withoutSignature },
  ];
  const message = `An output file could not be uploaded: ${messageOf(error)}.`;
  if (error instanceof UploadError && error.code !== "FileUploadMiscError") return userError(error.code, message, details);
  if (error instanceof GlobError) return userError("FileUploadMiscError", message, details);
  return serverError("FileUploadMiscError", message, details);
}
