import type { ApiVersion } from "./versions.ts";

/** A JSON object of some definition. */
export type Doc = Record<string, unknown>;

/**
 * One thing that a version of the API changed, other than by adding to it. Neither function changes the object that it is given, and each
 * sees the objects inside in the newest shape: upward they have been translated before, downward they will be after.
 */
export interface VersionChange {
  /** The first version that has the new form. */
  readonly since: ApiVersion;
  /** The definitions that it changed. */
  readonly definitions: readonly string[];
  /** From the form before `since` to the one after. Absent where only answers are concerned. */
  readonly up?: (doc: Doc) => Doc;
  /** The way back. Absent where the old form can say the same. */
  readonly down?: (doc: Doc) => Doc;
}

/** The object under `name`, or an empty one. */
export function objectAt(doc: Doc, name: string): Doc {
  const value = doc[name];
  return typeof value === "object" && value !== null ? (value as Doc) : {};
}

/** The object with one property under another name; what is not there stays away. */
export function renamed(doc: Doc, from: string, to: string): Doc {
  const { [from]: value, ...rest } = doc;
  return value === undefined ? rest : { ...rest, [to]: value };
}
