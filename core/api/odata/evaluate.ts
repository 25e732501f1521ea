import { assertExhaustive } from "../../domain/exhaustive.ts";
import type { Filter, Operator } from "./filter.ts";
import type { Literal } from "./lexer.ts";

type Document = Readonly<Record<string, unknown>>;

/**
 * Whether a document passes a filter. Strings compare without case; a property that is absent is null: it equals null only, and is
 * neither above nor below anything.
 */
export function matches(filter: Filter, doc: Document): boolean {
  switch (filter.kind) {
    case "and":
      return matches(filter.left, doc) && matches(filter.right, doc);
    case "or":
      return matches(filter.left, doc) || matches(filter.right, doc);
    case "not":
      return !matches(filter.operand, doc);
    case "startswith": {
      const value = read(doc, filter.path);
      return typeof value === "string" && value.toLowerCase().startsWith(filter.prefix.toLowerCase());
    }
    case "compare":
      return compare(read(doc, filter.path), filter.operator, filter.literal);
    default:
      return assertExhaustive(filter);
  }
}

/** The one id that a document must have to pass, where the filter says so outright: `id eq 'a'`, alone or with an `and`. */
export function onlyId(filter: Filter, path = "id"): string | undefined {
  if (filter.kind === "and") return onlyId(filter.left, path) ?? onlyId(filter.right, path);
  const pinned = filter.kind === "compare" && filter.path === path && filter.operator === "eq";
  return pinned && filter.literal.kind === "string" ? filter.literal.value : undefined;
}

function read(doc: Document, path: string): unknown {
  let value: unknown = doc;
  for (const name of path.split("/")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Document)[name];
  }
  return value;
}

function compare(value: unknown, operator: Operator, literal: Literal): boolean {
  if (literal.kind === "null" || value === undefined || value === null) {
    const bothNull = literal.kind === "null" && (value === undefined || value === null);
    return operator === "eq" ? bothNull : operator === "ne" && !bothNull;
  }
  const [left, right] = comparable(value, literal);
  switch (operator) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "lt":
      return left < right;
    case "le":
      return left <= right;
    case "gt":
      return left > right;
    case "ge":
      return left >= right;
    default:
      return assertExhaustive(operator);
  }
}

/** Both sides as values of one type, so that `<` and `===` mean what the filter says. */
function comparable(value: unknown, literal: Exclude<Literal, { kind: "null" }>): [string, string] | [number, number] {
  if (literal.kind === "string") return [String(value).toLowerCase(), literal.value.toLowerCase()];
  if (literal.kind === "time") return [Date.parse(String(value)), literal.value];
  return [Number(value), Number(literal.value)];
}
