import fc from "fast-check";
import type { ValueType } from "../../../core/api/shapes/shapes.ts";
import { wireTime } from "../../../core/api/values/timestamp.ts";
import { isSecret } from "../../../core/api/versions/secrets.ts";
import { shapeOf } from "../../../core/api/versions/shape.ts";
import type { ApiVersion } from "../../../core/api/versions/versions.ts";
import { formatDuration } from "../../../core/domain/duration.ts";

type Body = Record<string, unknown>;

/** Bodies that a version allows of a definition, by its shape alone, spelled as the service spells them. */
export function arbitraryBody(definition: string, version: ApiVersion): fc.Arbitrary<Body> {
  const shape = shapeOf(definition, version);
  const writable = [...shape.properties].filter(([name, { facts }]) => !facts.readOnly && !isServiceSet(name));
  const values = Object.fromEntries(
    writable.map(([name, { facts }]) => [name, special(definition, name, version) ?? arbitraryValue(facts, version)]),
  );
  return fc.record(values, { requiredKeys: [...shape.required] });
}

/** The older descriptions do not mark what only the service sets. */
function isServiceSet(name: string): boolean {
  return name === "currentOSVersion";
}

/** A certificate's visibility was a text of its own grammar once. */
function special(definition: string, name: string, version: ApiVersion): fc.Arbitrary<unknown> | undefined {
  if (definition !== "CertificateReference" || name !== "visibility" || version !== "2015-12-01.2.2") return undefined;
  return fc.subarray(["starttask", "task", "remoteuser"], { minLength: 1 }).map((places) => places.join(","));
}

function arbitraryValue(type: ValueType, version: ApiVersion): fc.Arbitrary<unknown> {
  switch (type.type) {
    case "string":
      return fc.string({ maxLength: 8 });
    case "boolean":
      return fc.boolean();
    case "int32":
    case "int64":
      return fc.integer({ min: type.minimum ?? -1000, max: type.maximum ?? 1000 });
    case "double":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "date-time":
      return fc
        .date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
        .map((date) => wireTime(date.toISOString()));
    case "duration":
      return fc.oneof(fc.integer({ min: 0, max: 1e12 }), fc.constant(Number.POSITIVE_INFINITY)).map(formatDuration);
    case "enum":
      return fc.constantFrom(...type.values);
    case "array":
      return fc.array(arbitraryValue(type.items, version), { maxLength: 2 });
    case "map":
    case "any":
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.string({ maxLength: 4 }), { maxKeys: 2 });
    case "object":
      return arbitraryBody(type.of, version);
  }
}

/** The same body with its enumerations shouted: the service reads them in any casing. */
export function shouted(definition: string, version: ApiVersion, body: Body): Body {
  return mapped(definition, version, body, (type, value) => (type.type === "enum" ? (value as string).toUpperCase() : value));
}

/** The same body as it may be read back: without its passwords and keys. */
export function withoutSecrets(definition: string, version: ApiVersion, body: Body): Body {
  return mapped(definition, version, body, (_type, value, of, name) => (isSecret(of, name) ? undefined : value));
}

type Mapping = (type: ValueType, value: unknown, definition: string, property: string) => unknown;

/** The body with every value that holds no others replaced; by `undefined`, it is left out. */
function mapped(definition: string, version: ApiVersion, body: Body, map: Mapping): Body {
  const { properties } = shapeOf(definition, version);
  const mappedValue = (type: ValueType, value: unknown, name: string): unknown => {
    if (type.type === "array") return (value as unknown[]).map((item) => mappedValue(type.items, item, name));
    if (type.type === "object") return mapped(type.of, version, value as Body, map);
    return map(type, value, definition, name);
  };
  const entries = Object.entries(body).map(([name, value]) => {
    const facts = properties.get(name)?.facts;
    return [name, facts ? mappedValue(facts, value, name) : value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
