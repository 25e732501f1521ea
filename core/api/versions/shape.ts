import { type Facts, historyOf } from "../shapes/shapes.ts";
import type { VersionChange } from "./change.ts";
import { CHANGES } from "./changes/index.ts";
import { type ApiVersion, isAtLeast, NEWEST } from "./versions.ts";

/** A definition in one version. */
export interface Shape {
  readonly definition: string;
  readonly version: ApiVersion;
  readonly properties: ReadonlyMap<string, Property>;
  readonly required: readonly string[];
  /** What has changed since, the oldest change first. */
  readonly changes: readonly VersionChange[];
}

export interface Property {
  readonly facts: Facts;
  /** The newest facts of the property: how core spells its values. */
  readonly newest: Facts;
}

/** `definition` as `version` published it. Throws where the service knows no such definition. */
export function shapeOf(definition: string, version: ApiVersion): Shape {
  const properties = new Map<string, Property>();
  for (const [name, history] of historyOf(definition)) {
    const facts = history.find((entry) => isCurrent(entry, version));
    const newest = history.at(-1);
    if (facts && newest) properties.set(name, { facts, newest });
  }
  return {
    definition,
    version,
    properties,
    required: [...properties].filter(([, { facts }]) => facts.required).map(([name]) => name),
    changes:
      version === NEWEST ? [] : CHANGES.filter((change) => change.definitions.includes(definition) && !isAtLeast(version, change.since)),
  };
}

function isCurrent({ since, until }: Facts, version: ApiVersion): boolean {
  return (since === undefined || isAtLeast(version, since)) && (until === undefined || !isAtLeast(version, until));
}
