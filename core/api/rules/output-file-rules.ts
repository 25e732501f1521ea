import { invalidProperty, Refusal } from "../../domain/errors.ts";
import type { OutputFile } from "../../domain/specs.ts";
import { checkNotEmpty, checkText } from "./ranges.ts";

/** Headers that an upload may set. */
const HEADER = /^x-ms-(blob-content-[a-z0-9-]+|meta-[a-z0-9_]+)$/i;

/** Refuses output files that name no files, or no container to put them in. */
export function checkOutputFiles(files: readonly OutputFile[] | undefined): void {
  files?.forEach(({ filePattern, destination }, index) => {
    const path = `outputFiles[${index}]`;
    checkNotEmpty(filePattern, `${path}.filePattern`);
    checkText(filePattern, `${path}.filePattern`);
    const { container } = destination;
    const at = `${path}.destination.container`;
    if (!container) throw new Refusal("MissingRequiredProperty", { PropertyName: at });
    const { containerUrl } = container;
    if (!/^https?:\/\//i.test(containerUrl) || !URL.canParse(containerUrl))
      throw invalidProperty(`${at}.containerUrl`, containerUrl, "The value must be an http or https URL.");
    container.uploadHeaders?.forEach(({ name }, place) => {
      if (!HEADER.test(name))
        throw invalidProperty(`${at}.uploadHeaders[${place}].name`, name, "The value must be an x-ms-blob-content- or x-ms-meta- header.");
    });
  });
}
