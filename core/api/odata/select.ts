import { invalidParameter, type Query } from "../middleware/query.ts";

/** The names that a `$select` asks for; undefined where it asks for everything. Throws InvalidQueryParameterValue for one not in `known`. */
export function parseSelect(query: Query, known: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const text = query.get("$select");
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!known.has(name)) throw invalidParameter("$select", text, `${name.slice(0, 64)} is no property of this resource.`);
  }
  return new Set(names);
}

/** Whether `$expand` asks for `stats`, the only thing that can be expanded. Throws InvalidQueryParameterValue. */
export function expandsStats(query: Query): boolean {
  const text = query.get("$expand");
  if (text?.split(",").some((name) => name.trim() !== "stats")) {
    throw invalidParameter("$expand", text, "Only stats can be expanded.");
  }
  return text !== undefined;
}

/** The document with the selected properties alone. */
export function pick(doc: Record<string, unknown>, names: ReadonlySet<string> | undefined): Record<string, unknown> {
  if (!names) return doc;
  return Object.fromEntries(Object.entries(doc).filter(([name]) => names.has(name)));
}
