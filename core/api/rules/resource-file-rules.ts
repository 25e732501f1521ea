import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { ResourceFile } from "../../domain/specs.ts";
import { checkText } from "./ranges.ts";

const SOURCES = ["autoStorageContainerName", "storageContainerUrl", "httpUrl"] as const;
const FILE_MODE = /^[0-7]{3,5}$/;
const ABSOLUTE = /^([/\\]|[A-Za-z]:)/;

/** Refuses resource files that name no source or several, or a path outside the task's working directory. */
export function checkResourceFiles(files: readonly ResourceFile[] | undefined, path: string): void {
  files?.forEach((file, index) => {
    checkResourceFile(file, `${path}[${index}]`);
  });
}

function checkResourceFile(file: ResourceFile, path: string): void {
  const given = SOURCES.filter((name) => file[name] !== undefined);
  const [source] = given;
  if (source === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.httpUrl` });
  if (given.length > 1) throw invalidProperty(`${path}.${given[1]}`, file[given[1] ?? source], `Give only one of ${SOURCES.join(", ")}.`);
  if (source === "autoStorageContainerName") {
    if (file.autoStorageContainerName === "") throw invalidProperty(`${path}.${source}`, "", "The value must name a container.");
  } else {
    checkUrl(file[source] ?? "", `${path}.${source}`);
  }
  if (source === "httpUrl") {
    if (file.filePath === undefined) throw new Refusal("MissingRequiredProperty", { PropertyName: `${path}.filePath` });
    if (file.blobPrefix !== undefined) {
      throw invalidProperty(`${path}.blobPrefix`, file.blobPrefix, "A prefix selects files of a container; a URL names one file.");
    }
  }
  if (file.filePath !== undefined) checkPathInside(file.filePath, `${path}.filePath`, source === "httpUrl");
  if (file.fileMode !== undefined && !FILE_MODE.test(file.fileMode)) {
    throw invalidProperty(`${path}.fileMode`, file.fileMode, "The value must be an octal file mode such as 0770.");
  }
}

function checkUrl(value: string, path: string): void {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) {
    throw invalidProperty(path, value, "The value must be an http or https URL.");
  }
}

/** Files of a container may go into the working directory itself, a single file needs a name. */
function checkPathInside(value: string, path: string, isFile: boolean): void {
  checkText(value, path);
  if (ABSOLUTE.test(value) || value.split(/[/\\]/).includes("..")) {
    throw invalidProperty(path, value, "The value must be a path inside the working directory, without '..' and not absolute.");
  }
  if (isFile && /(^|[/\\])\.?$/.test(value)) throw invalidProperty(path, value, "The value must end in the name of a file.");
}
