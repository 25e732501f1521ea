import { BodyReader } from "./body-reader.ts";
import { BodyWriter } from "./body-writer.ts";
import type { ApiVersion } from "./versions.ts";

/**
 * The body of a request in the newest version's shape: checked against what `version` published of `definition`, enumerations in the
 * newest spelling, durations and times normalised, defaults that were others then written out. Properties that the newest version dropped
 * stay. Throws InvalidRequestBody (not JSON of that shape, or an unknown or read-only property), MissingRequiredProperty or
 * InvalidPropertyValue, each naming the property.
 */
export function parseBody(definition: string, body: unknown, version: ApiVersion): Record<string, unknown> {
  return readerOf(definition, version).read(body, "");
}

/**
 * A document of the newest version's shape as `version` shows it: what that version does not know is left out or said in its own words,
 * enumerations in its spelling, times with 7 fraction digits. Passwords and keys are never shown.
 */
export function renderBody(definition: string, doc: Record<string, unknown>, version: ApiVersion): Record<string, unknown> {
  return writerOf(definition, version).write(doc);
}

const readerOf = oncePerVersion(
  (definition, version): BodyReader => new BodyReader(definition, version, (inner) => readerOf(inner, version)),
);
const writerOf = oncePerVersion(
  (definition, version): BodyWriter => new BodyWriter(definition, version, (inner) => writerOf(inner, version)),
);

/** Makes each definition of each version once, when it is first needed: both are published, so the number is bounded. */
function oncePerVersion<T>(make: (definition: string, version: ApiVersion) => T): (definition: string, version: ApiVersion) => T {
  const made = new Map<ApiVersion, Map<string, T>>();
  return (definition, version) => {
    const ofVersion = made.get(version) ?? new Map<string, T>();
    made.set(version, ofVersion);
    const known = ofVersion.get(definition);
    if (known) return known;
    const fresh = make(definition, version);
    ofVersion.set(definition, fresh);
    return fresh;
  };
}
