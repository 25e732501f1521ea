import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definitionNames, historyOf, type ValueType } from "../../../core/api/shapes/shapes.ts";
import { shapeOf } from "../../../core/api/versions/shape.ts";
import { parseBody, renderBody } from "../../../core/api/versions/translate.ts";
import { NEWEST, VERSIONS } from "../../../core/api/versions/versions.ts";
import { arbitraryBody, shouted, withoutSecrets } from "./arbitrary-bodies.ts";

const bodies = definitionNames().filter((name) => name.endsWith("Parameter"));

/** What the newest version dropped without another form for it: the service keeps it as it came. */
const DROPPED = new Set([
  ...["PoolAddParameter", "PoolSpecification"].flatMap((pool) => [`${pool}.cloudServiceConfiguration`, `${pool}.applicationLicenses`]),
  "CloudServiceConfiguration.osFamily",
  "CloudServiceConfiguration.osVersion",
  "OSDisk.imageUris",
  "PoolUpgradeOSParameter.targetOSVersion",
]);

/** The properties of a document that the newest version does not know. */
function oldNames(definition: string, doc: Record<string, unknown>): string[] {
  const { properties } = shapeOf(definition, NEWEST);
  return Object.entries(doc).flatMap(([name, value]) => {
    const type = historyOf(definition).get(name)?.at(-1);
    const inner = type?.type === "array" ? type.items : type;
    const below = inner?.type === "object" ? [value].flat().flatMap((item) => oldNames(inner.of, item as Record<string, unknown>)) : [];
    return properties.has(name) ? below : [`${definition}.${name}`, ...below];
  });
}

describe.each(VERSIONS)("a body of %s", (version) => {
  const known = bodies.filter((definition) => shapeOf(definition, version).properties.size > 0);

  test.each(known)("%s keeps all that the user wrote, under the newest names, and shows all but its secrets", (definition) => {
    fc.assert(
      fc.property(arbitraryBody(definition, version), (body) => {
        const parsed = parseBody(definition, shouted(definition, version, body), version);
        const shown = renderBody(definition, parsed, version);
        expect(shown).toMatchObject(withoutSecrets(definition, version, body));
        expect(shown).toEqual(withoutSecrets(definition, version, shown));
        expect(oldNames(definition, parsed).filter((name) => !DROPPED.has(name))).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});

/** Every place of an enumeration in the newest version. */
const enumerations = definitionNames().flatMap((definition) =>
  [...shapeOf(definition, NEWEST).properties].flatMap(([property, { facts }]) => {
    const values = enumValues(facts);
    return values ? [{ definition, property, values }] : [];
  }),
);

test.each(enumerations)("every version has a word for each $definition.$property, or leaves it out", ({ definition, property, values }) => {
  for (const version of VERSIONS) {
    const facts = shapeOf(definition, version).properties.get(property)?.facts;
    if (!facts) continue;
    for (const value of values) {
      const shown = renderBody(definition, { [property]: facts.type === "array" ? [value] : value }, version)[property];
      if (shown !== undefined) expect(enumValues(facts)).toEqual(expect.arrayContaining([shown].flat()));
    }
  }
});

function enumValues(type: ValueType): readonly string[] | undefined {
  if (type.type === "enum") return type.values;
  return type.type === "array" ? enumValues(type.items) : undefined;
}
