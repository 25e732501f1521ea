import type { ApiVersion } from "../versions/versions.ts";
import published from "./shapes.json" with { type: "json" };

/** The type of a value, as published. */
export type ValueType =
  | { readonly type: "string" | "boolean" | "date-time" | "duration" | "map" | "any" }
  | { readonly type: "int32" | "int64" | "double"; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: "enum"; readonly values: readonly string[] }
  | { readonly type: "array"; readonly items: ValueType; readonly maxItems?: number }
  /** `of` names a definition. */
  | { readonly type: "object"; readonly of: string };

/** What was published of a property, from `since` (or ever) and before `until` (or still). */
export type Facts = ValueType & {
  readonly required?: true;
  readonly readOnly?: true;
  readonly since?: ApiVersion;
  readonly until?: ApiVersion;
};

const shapes = new Map(
  Object.entries(published as unknown as Record<string, Record<string, Facts | readonly Facts[]>>).map(([definition, properties]) => [
    definition,
    new Map(Object.entries(properties).map(([property, facts]) => [property, "type" in facts ? [facts] : facts])),
  ]),
);

/** The properties that a definition has ever had, each with its facts, the oldest first. Throws where there is no such definition. */
export function historyOf(definition: string): ReadonlyMap<string, readonly Facts[]> {
  const history = shapes.get(definition);
  if (!history) throw new Error(`no definition is called ${definition}: see core/api/shapes/shapes.json`);
  return history;
}

/** The names of all definitions. */
export function definitionNames(): readonly string[] {
  return [...shapes.keys()];
}
